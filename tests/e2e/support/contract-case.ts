// What the test of the contract is told of one operation.

export interface Call {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
  headers?: Record<string, string>
  /** `person` unless said otherwise. */
  as?: 'person' | 'machine'
}

export interface Case {
  /** `shows`: what the answer holds at least. */
  ok: Call & { shows?: object }
  /** Beyond those that every operation has: the call that succeeds, with this instead. `about` names the reason for an unlisted one. */
  errors?: (Call & { status: number; about?: string })[]
  /** The body of the call that names nothing there is, where it repeats the id of the path. */
  absent?: unknown
  /** For a creation: the body of one more, and its path where that says what is created. */
  again?: unknown
  againAt?: Record<string, string>
}
