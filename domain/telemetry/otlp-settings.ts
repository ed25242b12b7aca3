// From configuration text to where spans go. A mistake turns tracing off and is named (never the value: headers are
// secret); it must not turn the platform off, as a mistake about the record does.

import { fail, ok, type Result } from '../result.ts'

export interface TelemetryEnv {
  /** Base URL of an OTLP/HTTP collector; empty: no export. https, or http on loopback. */
  OTLP_ENDPOINT?: string
  /** `name=value,name=value`, values percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS. A secret. */
  OTLP_HEADERS?: string
  /** 0 to 1; empty: 1. */
  TRACE_SAMPLE?: string
  STAGE?: string
}

export interface OtlpSettings {
  /** With `/v1/traces`. */
  url: string
  headers: Record<string, string>
  /** Of the traces that begin here, the share that is kept. */
  share: number
}

/** Null where nothing is to be exported. Mistakes are names of settings, with what is wrong. */
export function otlpSettings(env: TelemetryEnv): Result<OtlpSettings | null, string[]> {
  const { OTLP_ENDPOINT: endpoint = '', OTLP_HEADERS = '', TRACE_SAMPLE = '' } = env
  if (endpoint === '') return ok(null)
  const headers = parseHeaders(OTLP_HEADERS)
  const share = TRACE_SAMPLE === '' ? 1 : Number(TRACE_SAMPLE)
  const mistakes = [
    ...(isEndpoint(endpoint) ? [] : ['OTLP_ENDPOINT is neither https nor http on loopback']),
    ...(headers ? [] : ['OTLP_HEADERS is not a list of name=value']),
    ...(share >= 0 && share <= 1 ? [] : ['TRACE_SAMPLE is not between 0 and 1']),
  ]
  if (mistakes.length > 0 || !headers) return fail(mistakes)
  return ok({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, headers, share })
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(text)
  if (username || password || search || hash) return false
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** What says how the body is to be read is ours to say. */
const reserved = ['content-type', 'content-length', 'content-encoding', 'host']

function parseHeaders(text: string): Record<string, string> | null {
  const headers: Record<string, string> = {}
  for (const member of text.split(',').filter((one) => one.trim() !== '')) {
    const at = member.indexOf('=')
    const name = member.slice(0, Math.max(at, 0)).trim().toLowerCase()
    const value = decoded(member.slice(at + 1).trim())
    if (!token.test(name) || reserved.includes(name) || value === null || !/^[\x20-\x7e]*$/.test(value)) return null
    headers[name] = value
  }
  return headers
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
