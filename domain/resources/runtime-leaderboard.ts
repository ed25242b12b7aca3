// What may be written about a leaderboard: its timeframe, and (ours) how long late events count. The contract's whole
// vocabulary is accepted as shape; what boards cannot do yet is refused with its pointer.

import { z } from 'zod'
import type { Series } from '../boards/types.ts'
import type { InputError } from '../failures.ts'
import { failure } from '../failures.ts'
import { fail, ok, type Result } from '../result.ts'
import { durationMs } from './duration.ts'
import { instant, text } from './text.ts'
import { timezone } from './timezone.ts'

const lateEventsFor = z
  .string()
  .max(40)
  .refine((value) => durationMs(value) !== null, {
    error: 'An ISO 8601 duration in weeks, days, hours, minutes and seconds, at most ten years.',
  })
  .nullable()
  .meta({ description: 'How long after the end of a period its late events still count (ISO 8601); null is for ever.' })

const optional = {
  timeframeTimezone: timezone.optional(),
  timeframeEndsAt: instant.optional(),
  recurrence: z.enum(['DAILY', 'WEEKLY', 'MONTHLY', 'CUSTOM']).optional(),
  lateEventsFor: lateEventsFor.optional(),
}

export const instanceCreate = z.object({
  timeframeType: z.enum(['PERMANENT', 'RANGE', 'RECURRING']),
  timeframeTimezoneType: z.enum(['FIXED', 'USER']),
  timeframeStartsAt: instant,
  ...optional,
})
export const runtimeLeaderboardCreate = instanceCreate.extend({ runtimeLeaderboardConfigurationId: text(128) })
export const runtimeLeaderboardPatch = runtimeLeaderboardCreate.partial()

type Draft = z.output<typeof runtimeLeaderboardCreate>
type SeriesDraft = Omit<Series, 'seriesId' | 'sinceRuleSet' | 'virtualCurrencyId' | 'createdAtMs'>

const defaultLateEventsFor = 'PT48H'

/** The series that a body describes, or its mistakes. */
export function seriesOf(draft: Draft, nowMs: number): Result<SeriesDraft> {
  const errors = mistakesOf(draft)
  if (errors.length > 0) return fail(failure('validation/invalid_input', errors[0]?.detail ?? '', { errors }))
  const { lateEventsFor = defaultLateEventsFor, timeframeEndsAt } = draft
  return ok({
    runtimeLeaderboardConfigurationId: draft.runtimeLeaderboardConfigurationId,
    timeframeType: draft.timeframeType as 'PERMANENT' | 'RECURRING',
    ...(draft.timeframeType === 'RECURRING' && { recurrence: 'MONTHLY' as const }),
    timezoneType: draft.timeframeTimezoneType,
    timezone: draft.timeframeTimezone ?? 'UTC',
    startsAtMs: Date.parse(draft.timeframeStartsAt),
    ...(timeframeEndsAt !== undefined && { endsAtMs: Date.parse(timeframeEndsAt) }),
    lateEventsForMs: lateEventsFor === null ? null : durationMs(lateEventsFor),
    updatedAtMs: nowMs,
  })
}

/** The body that describes a series: a patch is laid over it. */
export function draftOfSeries(series: Series, lateEventsFor: string | null): Draft {
  return {
    runtimeLeaderboardConfigurationId: series.runtimeLeaderboardConfigurationId,
    timeframeType: series.timeframeType,
    timeframeTimezoneType: series.timezoneType,
    timeframeTimezone: series.timezone,
    timeframeStartsAt: new Date(series.startsAtMs).toISOString(),
    ...(series.endsAtMs !== undefined && { timeframeEndsAt: new Date(series.endsAtMs).toISOString() }),
    ...(series.recurrence !== undefined && { recurrence: series.recurrence }),
    lateEventsFor,
  }
}

function mistakesOf({ timeframeType, recurrence, timeframeStartsAt, timeframeEndsAt }: Draft): InputError[] {
  if (timeframeType === 'RANGE') return [{ pointer: '/timeframeType', detail: 'RANGE is not supported yet: PERMANENT or RECURRING.' }]
  const errors: InputError[] = []
  if (timeframeType === 'RECURRING' && recurrence === undefined)
    errors.push({ pointer: '/recurrence', detail: 'A recurring leaderboard says how it recurs: MONTHLY.' })
  else if (timeframeType === 'RECURRING' && recurrence !== 'MONTHLY')
    errors.push({ pointer: '/recurrence', detail: `${recurrence} is not supported yet: MONTHLY.` })
  if (timeframeType === 'PERMANENT' && recurrence !== undefined)
    errors.push({ pointer: '/recurrence', detail: 'A permanent leaderboard does not recur.' })
  if (timeframeEndsAt !== undefined && Date.parse(timeframeEndsAt) <= Date.parse(timeframeStartsAt))
    errors.push({ pointer: '/timeframeEndsAt', detail: 'Must come after timeframeStartsAt.' })
  return errors
}
