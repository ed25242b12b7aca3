// Every request has an id from the first line on: the caller's own `x-request-id` where it is harmless to echo and to
// log (printable, short, no delimiters), else ours. It is for correlation only; nothing is decided by it.

const sane = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/

export function requestIdOf(headers: Headers, newId: () => string): string {
  const given = headers.get('x-request-id')
  return given !== null && sane.test(given) ? given : newId()
}
