// Bytes that an isolate holds, each until a moment: those used last, within a budget of bytes that workspaces share. What is
// asked for all the time, thumbnails mostly, is then answered without a call to anything.

import { OwnedRecent } from './owned-recent.ts'

export class RecentBytes {
  readonly #entries: OwnedRecent<{ bytes: Uint8Array; untilMs: number }>

  constructor(budget: number) {
    this.#entries = new OwnedRecent(budget, ({ bytes }) => bytes.length)
  }

  get(key: string, nowMs: number): Uint8Array | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    if (nowMs < entry.untilMs) return entry.bytes
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, bytes: Uint8Array, untilMs: number): void {
    this.#entries.set(key, { bytes, untilMs })
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}
