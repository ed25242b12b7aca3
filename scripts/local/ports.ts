// Ports for the local parts: free ones below the range from which the system takes the ports of outgoing connections,
// so that a part which closes its port (a stopped region) finds it free when it comes back.

import { createServer } from 'node:net'

const lowest = 20_000
const highest = 32_000

export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (await isPortFree(port)) return port
  }
  throw new Error(`No free port found between ${lowest} and ${highest}.`)
}
