// Spans as a collector would see them, with ids and a clock that count.

import { otlpTraces } from '../../../domain/telemetry/otlp.ts'
import { SpanExporter } from '../../../domain/telemetry/span-exporter.ts'
import { attributesOf, type CollectedSpan, spansIn } from './collector.ts'

export interface Captured {
  spans: CollectedSpan[]
  exporter: SpanExporter
  /** Everything that was posted. */
  text: () => string
  named: (name: string) => CollectedSpan
  attributes: (name: string) => Record<string, unknown>
  told: [number, string][]
}

/** An exporter whose posts are held against OTLP's shape. */
export function capturing(now: () => number = () => 0): Captured {
  const bodies: string[] = []
  const spans: CollectedSpan[] = []
  const told: [number, string][] = []
  const exporter = new SpanExporter({
    now,
    async post(data) {
      const body = otlpTraces({ 'service.name': 'laurel' }, data)
      bodies.push(body)
      spans.push(...spansIn(body))
      return { ok: true, refused: 0 }
    },
    dropped: (count, reason) => void told.push([count, reason]),
  })
  const named = (name: string) => {
    const found = spans.filter((span) => span.name === name)
    if (found.length !== 1) throw new Error(`${found.length} spans named ${name} among ${spans.map((span) => span.name).join(', ')}`)
    return found[0] as CollectedSpan
  }
  return { spans, exporter, told, named, text: () => bodies.join('\n'), attributes: (name) => attributesOf(named(name)) }
}

/** Hex of the wanted length, never the same twice. */
export function countingHex(): { randomHex: (bytes: number) => string; calls: number[] } {
  const calls: number[] = []
  const randomHex = (bytes: number) => {
    calls.push(bytes)
    return (0x1000 + calls.length).toString(16).padEnd(bytes * 2, '7')
  }
  return { randomHex, calls }
}
