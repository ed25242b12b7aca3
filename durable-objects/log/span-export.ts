// Where this isolate's spans go: one exporter for the Worker's requests and all objects beside them, made from
// configuration. A POST ends by its deadline, follows no redirect (its headers are secret) and is never repeated.

import { otlpTraces } from '../../domain/telemetry/otlp.ts'
import { otlpSettings, type TelemetryEnv } from '../../domain/telemetry/otlp-settings.ts'
import { describeError, eventLogLine } from '../../domain/telemetry/request-log.ts'
import { type PostSpans, SpanExporter } from '../../domain/telemetry/span-exporter.ts'

export interface SpanExport {
  exporter: SpanExporter
  /** Of the traces that begin here, the share that is kept. */
  share: number
}

const postDeadlineMs = 2_000
/** More than a collector has to say. */
const replyLimitBytes = 16_384

/** By configuration; a test binds several. Plain values only, so requests and objects can share them. */
const madeExports = new Map<string, SpanExport | null>()

/** Null where nothing is exported, which is what most of the code then asks. */
export function spanExportOf(env: TelemetryEnv): SpanExport | null {
  const key = JSON.stringify([env.OTLP_ENDPOINT, env.OTLP_HEADERS, env.TRACE_SAMPLE, env.STAGE])
  const known = madeExports.get(key)
  if (known !== undefined) return known
  const made = makeExport(env)
  madeExports.set(key, made)
  return made
}

function makeExport(env: TelemetryEnv): SpanExport | null {
  const log = (event: string, rest: object) => console.log(eventLogLine({ atMs: Date.now(), event, ...rest }))
  const settings = otlpSettings(env)
  if (!settings.ok) {
    log('telemetry/misconfigured', { error: settings.error.join('; ') })
    return null
  }
  if (!settings.value) return null
  const { url, headers, share } = settings.value
  const resource = { 'service.name': 'laurel', 'deployment.environment.name': env.STAGE ?? '', 'cloud.provider': 'cloudflare' }
  const post = otlpPost({ url, headers, resource, fetch: (input, init) => fetch(input, init) })
  const dropped = (count: number, reason: string) => log('telemetry/spans_dropped', { count, error: describeError(new Error(reason)) })
  return { exporter: new SpanExporter({ now: Date.now, post, dropped }), share }
}

interface PostSettings {
  /** With `/v1/traces`. */
  url: string
  headers: Record<string, string>
  resource: Record<string, string>
  fetch: (url: string, init: RequestInit) => Promise<Response>
}

/** Rejects when there is no answer in time. */
export const otlpPost = ({ url, headers, resource, fetch }: PostSettings): PostSpans => {
  return async (spans) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: otlpTraces(resource, spans),
      redirect: 'manual',
      signal: AbortSignal.timeout(postDeadlineMs),
    })
    if (!response.ok) {
      await response.body?.cancel()
      return { ok: false, reason: `status ${response.status}` }
    }
    return { ok: true, refused: await refusedCount(response) }
  }
}

/** OTLP: 200 with `partialSuccess` when some spans were refused; anything that cannot be read refuses none. */
async function refusedCount(response: Response): Promise<number> {
  if (Number(response.headers.get('content-length') ?? 0) > replyLimitBytes) {
    await response.body?.cancel()
    return 0
  }
  try {
    const { partialSuccess } = (await response.json()) as { partialSuccess?: { rejectedSpans?: string | number } }
    return Number(partialSuccess?.rejectedSpans ?? 0) || 0
  } catch {
    return 0
  }
}

/** Taken from the system a page at a time: each call out of the isolate costs as much as a page does. */
const pool = new Uint8Array(4096)
let used = pool.length
const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** At most 4096 bytes; none is given twice. */
export function randomHex(count: number): string {
  if (used + count > pool.length) {
    crypto.getRandomValues(pool)
    used = 0
  }
  let hex = ''
  for (const end = used + count; used < end; used++) hex += hexOf[pool[used] as number]
  return hex
}
