// A request over a plain socket whose body goes wrong on the way.

import { connect } from 'node:net'

export interface BrokenRequest {
  method: string
  url: string
  headers: Record<string, string>
  /** After the fields, as it stands. */
  bytes: string
  /** What the client does then: waits for the answer, ends its side, or cuts the connection. */
  after: 'wait' | 'end' | 'cut'
}

/** The status of the answer; null where the connection was closed without one. */
export function statusOfBroken({ method, url, headers, bytes, after }: BrokenRequest): Promise<number | null> {
  const { hostname, port, host, pathname, search } = new URL(url)
  const fields = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write([`${method} ${pathname}${search} HTTP/1.1`, ...fields, '', bytes].join('\r\n'), () => {
        if (after === 'end') socket.end()
        if (after === 'cut') socket.resetAndDestroy()
      })
    })
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      const status = /^HTTP\/1\.1 (\d{3}) .*\r\n/.exec(answer)?.[1]
      if (status === undefined) return
      socket.destroy()
      resolve(Number(status))
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(null))
  })
}
