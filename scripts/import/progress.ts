// Progress on a stream: one line that is rewritten where somebody watches, a line every few seconds where a log is kept.

const quietMs = 5_000
const redrawMs = 100

export interface Progress {
  show(phase: string, done: number, total?: number): void
  /** A line of its own, above the progress. */
  say(line: string): void
  end(): void
}

export function progressOn(stream: NodeJS.WritableStream & { isTTY?: boolean }, now: () => number = Date.now): Progress {
  let shownAtMs = Number.NEGATIVE_INFINITY
  let drawn = false
  let phaseShown = ''
  const clear = () => {
    if (drawn) stream.write('\r\x1b[K')
    drawn = false
  }
  return {
    show(phase, done, total) {
      const finished = done === total
      const due = now() - shownAtMs >= (stream.isTTY ? redrawMs : quietMs)
      if (!due && !finished && phase === phaseShown) return
      shownAtMs = now()
      phaseShown = phase
      const share = total ? ` of ${total} (${Math.floor((100 * done) / total)} %)` : ''
      const line = `${phase}: ${done}${share}`
      if (stream.isTTY) {
        stream.write(`\r\x1b[K${line}`)
        drawn = true
      } else stream.write(`${line}\n`)
    },
    say(line) {
      clear()
      stream.write(`${line}\n`)
    },
    end: clear,
  }
}
