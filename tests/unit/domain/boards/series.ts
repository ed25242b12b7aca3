import type { Series } from '../../../../domain/boards/types.ts'

/** A monthly series in UTC from 15 January 2026 on; tests say what is different. */
export const seriesOf = (rest: Partial<Series> = {}): Series => ({
  seriesId: 'series-000000000000001',
  runtimeLeaderboardConfigurationId: 'configuration',
  virtualCurrencyId: 'points',
  timeframeType: 'RECURRING',
  recurrence: 'MONTHLY',
  timezoneType: 'FIXED',
  timezone: 'UTC',
  startsAtMs: Date.parse('2026-01-15T12:00:00Z'),
  lateEventsForMs: 48 * 3_600_000,
  sinceRuleSet: 5,
  createdAtMs: 0,
  updatedAtMs: 0,
  ...rest,
})
