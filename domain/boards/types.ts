// A series is what an admin creates: a ranking of users by the sum of their transactions in one currency, cut into
// periods. A board is one period of a series. Boards are derived: (series, period) names one, nothing has to make it.

export interface Series {
  /** Also the id of the series' first board. */
  seriesId: string
  runtimeLeaderboardConfigurationId: string
  virtualCurrencyId: string
  timeframeType: 'PERMANENT' | 'RECURRING'
  recurrence?: 'MONTHLY'
  timezoneType: 'FIXED' | 'USER'
  /** IANA zone; UTC where the zone is the user's own and the user has none. */
  timezone: string
  startsAtMs: number
  endsAtMs?: number
  /** How long after a period's end a late event still counts; null is for ever. */
  lateEventsForMs: number | null
  /** The first rule set that knows the series: earlier commits are folded in whole, however late they were. */
  sinceRuleSet: number
  createdAtMs: number
  updatedAtMs: number
}

export interface Period {
  /** PERMANENT, or 2026-09. */
  periodId: string
  startsAtMs: number
  /** Exclusive; absent for PERMANENT without an end. */
  endsAtMs?: number
}

/** Names one board to its Leaderboard object. */
export interface BoardRef {
  workspaceId: string
  boardId: string
  seriesId: string
  periodId: string
}

/** A user's absolute total on one board, as of a place in the user's log. Lower places never overwrite higher ones. */
export interface ScorePush {
  entityId: string
  name: string
  imageUrl?: string
  /** Millionths. */
  score: number
  incarnation: number
  sequence: number
  /** The user is gone, or has no transaction left on the board. */
  removed?: true
}
