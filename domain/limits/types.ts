// Limits as configuration says them. A limit is a token bucket: `quota` tokens at most, refilled evenly over
// `windowSeconds` (200 in 10 s refills 20 a second).

export interface Limit {
  quota: number
  windowSeconds: number
}

/** A principal that was refused `refusals` times within `withinSeconds` is held to `limit` for `forSeconds`. */
export interface SuspectRule {
  refusals: number
  withinSeconds: number
  limit: Limit
  forSeconds: number
}

/** What a workspace's own settings may say; absent members are the plan's. */
export interface LimitSettings {
  /** Each person, and each user that a machine acts for. */
  principal?: Limit
  /** Each machine. */
  machine?: Limit
  /** Everybody in the workspace together. */
  workspace?: Limit
  /** Null: nobody is throttled by rule. */
  suspect?: SuspectRule | null
}

/** With the plan's values filled in. */
export type EffectiveLimits = Required<LimitSettings>
