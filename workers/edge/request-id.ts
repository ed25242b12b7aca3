// Every request has an id from the first line on: the caller's own `x-request-id` where it is harmless to echo and to
// log (printable, short, no delimiters), else ours. It is for correlation only; nothing is decided by it.

const sane = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/

export function requestIdOf(headers: Headers, newId: () => string): string {
  const given = headers.get('x-request-id')
  return given !== null && sane.test(given) ? given : newId()
}

/** W3C Trace Context, version 00; anything else is dropped. */
export function traceparentOf(headers: Headers): string | undefined {
  const given = headers.get('traceparent')
  return given !== null && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(given) ? given : undefined
}
