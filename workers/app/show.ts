// The shapes of the app contract that more than one route answers with. Pure.

import type { BoardRow } from '../../d1/index-store.ts'
import { stateOf } from '../../domain/timeframe/periods.ts'
import type { StoredResource, Translation } from '../../domain/workspace/types.ts'

const iso = (atMs: number): string => new Date(atMs).toISOString()

/** In the caller's language, else in the resource's own. */
export function translationFor(resource: StoredResource, lang: string | undefined): Translation | undefined {
  const into = (wanted: unknown) => resource.translations.find((one) => one.lang === wanted)
  return (lang === undefined ? undefined : into(lang)) ?? into(bodyOf(resource).defaultLang)
}

/** What acts, or the draft of what never did. */
const bodyOf = (resource: StoredResource): Record<string, unknown> => resource.published ?? resource.body

export function showCurrency(resource: StoredResource): Record<string, unknown> {
  const { name, catalogVirtualCurrencyId, syncWithCatalog, defaultLang, minAllowedBalance, maxAllowedBalance, icon } = bodyOf(resource)
  return {
    virtualCurrencyId: resource.id,
    name,
    catalogVirtualCurrencyId,
    origin: catalogVirtualCurrencyId === undefined ? 'CUSTOM' : 'CATALOG',
    syncWithCatalog,
    defaultLang,
    langs: resource.translations.map(({ lang }) => lang),
    minAllowedBalance,
    maxAllowedBalance,
    icon,
    createdAt: iso(resource.createdAtMs),
    updatedAt: iso(resource.updatedAtMs),
  }
}

export function showBoard(row: BoardRow, nowMs: number): Record<string, unknown> {
  return {
    runtimeLeaderboardId: row.boardId,
    runtimeLeaderboardConfigurationId: row.runtimeLeaderboardConfigurationId,
    periodId: row.periodId,
    timeframeType: row.timeframeType,
    timeframeTimezoneType: row.timezoneType,
    ...(row.timezoneType === 'FIXED' && { timeframeTimezone: row.timezone }),
    timeframeStartsAt: iso(row.startsAtMs),
    ...(row.endsAtMs !== undefined && { timeframeEndsAt: iso(row.endsAtMs) }),
    state: stateOf(row, row, nowMs),
    ...(row.recurrence !== undefined && { recurrence: row.recurrence }),
    createdAt: iso(row.createdAtMs),
    updatedAt: iso(row.updatedAtMs),
  }
}

/** The configuration's translation as a leaderboard shows it. */
export function showBoardTranslation(configuration: StoredResource, lang: string | undefined): Record<string, unknown> | undefined {
  const translation = translationFor(configuration, lang)
  return (
    translation && {
      runtimeLeaderboardConfigurationId: configuration.id,
      ...translation,
      createdAt: iso(configuration.createdAtMs),
      updatedAt: iso(configuration.updatedAtMs),
    }
  )
}
