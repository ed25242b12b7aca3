// Load by autocannon: requests with bodies, each different, and answers that are looked at. Its own percentiles are whole
// milliseconds, so the times are those of each response. It reads bodies in small pieces: see sockets.ts.

import autocannon from 'autocannon'
import type { Driver } from './load.ts'

export const cannon: Driver = (load, onAnswer) => {
  const { connections, warmUpMs, windowMs } = load
  let connection = 0
  const running = autocannon({
    url: load.url,
    connections,
    duration: Math.ceil((warmUpMs + windowMs) / 1000) + 60,
    timeout: 30,
    sampleInt: 20,
    setupClient: (client) => client.setRequests(load.requests(connection++)),
  })
  running.on('response', (_client, status, _bytes, milliseconds) => onAnswer(status, milliseconds))
  return {
    async stop() {
      running.stop()
      return (await running).errors
    },
  }
}
