// What an isolate has to export, and when. One for all its requests and objects, so plain values only: no promise of
// one request is ever awaited by another.
//
//   spans that ended wait in one list (bounded)
//   one POST at a time takes what waits, up to 512 spans; what ends meanwhile rides in the next
//   a POST that failed is not sent again; the collector is left alone for 30 s, and what ends meanwhile is dropped
//   all that was dropped is told in one event, with the next attempt
//
// Nobody's answer waits for any of it. Trade-off: spans are lost whenever that is simpler than keeping them.

import type { SpanData } from './span.ts'

/** `refused`: spans that the collector took the request without (OTLP's partial success). Rejects on no answer. */
export type PostSpans = (spans: readonly SpanData[]) => Promise<{ ok: true; refused: number } | { ok: false; reason: string }>

export interface ExporterPorts {
  now: () => number
  post: PostSpans
  /** How many spans never arrived since it was last told, and why the last of them did not. */
  dropped: (count: number, reason: string) => void
}

export const waitingLimit = 2048
export const postLimit = 512
/** One flush does not work for everyone for ever: the platform ends `waitUntil` 30 s after the answer. */
const roundsAtOnce = 8
export const leftAloneMs = 30_000
/** A request whose context ended while it was sending never says so: the next may send after this. */
const leaseMs = 5_000

export class SpanExporter {
  readonly #ports: ExporterPorts
  #waiting: SpanData[] = []
  #leasedUntilMs = 0
  #openUntilMs = 0
  #dropped = 0
  #reason = ''

  constructor(ports: ExporterPorts) {
    this.#ports = ports
  }

  add(span: SpanData): void {
    if (this.#ports.now() < this.#openUntilMs) this.#drop(1, this.#reason)
    else if (this.#waiting.length >= waitingLimit) this.#drop(1, 'too many spans wait')
    else this.#waiting.push(span)
  }

  /** Spans that were never made, since their request had too many. */
  lost(count: number, reason: string): void {
    if (count > 0) this.#drop(count, reason)
  }

  /** Sends what waits, unless somebody is at it. Never rejects. */
  async flush(): Promise<void> {
    const { now } = this.#ports
    if (now() < this.#leasedUntilMs) return
    for (let round = 0; round < roundsAtOnce && this.#waiting.length > 0; round++) {
      const lease = now() + leaseMs
      this.#leasedUntilMs = lease
      await this.#send(this.#waiting.splice(0, postLimit))
      // It took so long that somebody else is at it.
      if (this.#leasedUntilMs !== lease) return
    }
    this.#leasedUntilMs = 0
  }

  async #send(spans: SpanData[]): Promise<void> {
    try {
      const posted = await this.#ports.post(spans)
      if (posted.ok) this.lost(posted.refused, 'refused by the collector')
      else this.#giveUp(spans.length, posted.reason)
    } catch (thrown) {
      this.#giveUp(spans.length, thrown instanceof Error ? thrown.name : 'no answer')
    }
    if (this.#dropped === 0) return
    this.#ports.dropped(this.#dropped, this.#reason)
    this.#dropped = 0
  }

  #giveUp(sent: number, reason: string): void {
    this.#openUntilMs = this.#ports.now() + leftAloneMs
    this.#drop(sent + this.#waiting.length, reason)
    this.#waiting = []
  }

  #drop(count: number, reason: string): void {
    this.#dropped += count
    this.#reason = reason
  }
}
