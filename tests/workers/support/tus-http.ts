// How tus-js-client reaches the Worker in a test: every request is one call of the app, and can be broken off on its way.

import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client'

export interface Sent {
  method: string
  url: string
  status?: number
}

type Fetch = (request: Request) => Promise<Response>

/** `sent` is told of each request. */
export function tusHttp(fetch: Fetch, sent: Sent[]): HttpStack {
  return {
    getName: () => 'a test',
    createRequest: (method, url) => tusRequest(fetch, sent, method, url),
  }
}

function tusRequest(fetch: Fetch, sent: Sent[], method: string, url: string): HttpRequest {
  const headers = new Headers()
  let progress: (bytes: number) => void = () => {}
  let breakOff: (reason: Error) => void = () => {}
  return {
    getMethod: () => method,
    getURL: () => url,
    setHeader: (name, value) => headers.set(name, value),
    getHeader: (name) => headers.get(name) ?? undefined,
    setProgressHandler(handler) {
      progress = handler
    },
    async send(body) {
      const one: Sent = { method, url }
      sent.push(one)
      const broken = new Promise<never>((_, reject) => {
        breakOff = reject
      })
      broken.catch(() => {})
      const request = new Request(url, {
        method,
        headers,
        ...(body != null && { body: passing(body, (bytes) => progress(bytes), broken) }),
      })
      const response = await Promise.race([fetch(request), broken])
      one.status = response.status
      return answer(response, await response.text())
    },
    async abort() {
      breakOff(new Error('the client has gone'))
    },
    getUnderlyingObject: () => undefined,
  }
}

/** The body in pieces, each told of; ends in an error when the client goes. */
function passing(body: BodyInit, tell: (bytes: number) => void, broken: Promise<never>): ReadableStream<Uint8Array> {
  const pieceBytes = 256 * 1024
  let told = 0
  let whole: Uint8Array | undefined
  return new ReadableStream({
    async pull(controller) {
      whole ??= new Uint8Array(await new Response(body).arrayBuffer())
      try {
        // A turn of the loop, in which the client may go.
        await Promise.race([new Promise((resolve) => setTimeout(resolve, 0)), broken])
      } catch (reason) {
        return controller.error(reason)
      }
      const piece = whole.slice(told, told + pieceBytes)
      if (piece.byteLength === 0) return controller.close()
      controller.enqueue(piece)
      told += piece.byteLength
      tell(told)
    },
  })
}

const answer = (response: Response, body: string): HttpResponse => ({
  getStatus: () => response.status,
  getHeader: (name) => response.headers.get(name) ?? undefined,
  getBody: () => body,
  getUnderlyingObject: () => response,
})
