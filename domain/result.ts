// A failure that is expected is a value. `throw` is left for bugs and broken infrastructure.

import type { Failure } from './failures.ts'

export type Result<T, E = Failure> = { ok: true; value: T } | { ok: false; error: E }

export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value })
export const fail = <E>(error: E): { ok: false; error: E } => ({ ok: false, error })
