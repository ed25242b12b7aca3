// autocannon 8 ships no types; this is the part of its programmatic API (README, "Programmatically") that is used here.

declare module 'autocannon' {
  namespace autocannon {
    interface CannonRequest {
      method?: string
      path?: string
      headers?: Record<string, string>
      body?: string
      /** Called before each use of the request; what it returns is sent. */
      setupRequest?: (request: CannonRequest) => CannonRequest
      onResponse?: (status: number, body: string, context: object, headers: Record<string, string>) => void
    }
    interface CannonClient {
      setRequests(requests: CannonRequest[]): void
    }
    interface CannonOptions {
      url: string
      connections: number
      /** Seconds. */
      duration: number
      /** Seconds until a request counts as an error. */
      timeout?: number
      /** Milliseconds between samples; stop() is heard at the next. */
      sampleInt?: number
      setupClient?: (client: CannonClient) => void
    }
    interface CannonResult {
      errors: number
      timeouts: number
    }
    interface Cannon extends PromiseLike<CannonResult> {
      on(event: 'response', listener: (client: CannonClient, status: number, bytes: number, milliseconds: number) => void): this
      stop(): void
    }
  }
  function autocannon(options: autocannon.CannonOptions): autocannon.Cannon
  export = autocannon
}
