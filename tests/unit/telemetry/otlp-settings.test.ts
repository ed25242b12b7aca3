import { expect, test } from 'vitest'
import { otlpSettings } from '../../../domain/telemetry/otlp-settings.ts'

const endpoint = 'https://collector.test:4318/otlp/'

test('no endpoint: no export, whatever else is set', () => {
  expect(otlpSettings({})).toEqual({ ok: true, value: null })
  expect(otlpSettings({ OTLP_ENDPOINT: '', OTLP_HEADERS: '???', TRACE_SAMPLE: 'x' })).toEqual({ ok: true, value: null })
})

test('headers as OTEL_EXPORTER_OTLP_HEADERS has them', () => {
  const OTLP_HEADERS = 'Authorization=Basic%20dXNlcjpwYXNz, x-team = a%2Cb%3Dc ,plain=a=b,'
  expect(otlpSettings({ OTLP_ENDPOINT: endpoint, OTLP_HEADERS, TRACE_SAMPLE: '0.1' })).toEqual({
    ok: true,
    value: {
      url: 'https://collector.test:4318/otlp/v1/traces',
      headers: { authorization: 'Basic dXNlcjpwYXNz', 'x-team': 'a,b=c', plain: 'a=b' },
      share: 0.1,
    },
  })
})

test.each([
  ['http://collector.test', ['OTLP_ENDPOINT is neither https nor http on loopback']],
  ['https://user:secret@collector.test', ['OTLP_ENDPOINT is neither https nor http on loopback']],
  ['https://collector.test?key=secret', ['OTLP_ENDPOINT is neither https nor http on loopback']],
  ['secret', ['OTLP_ENDPOINT is neither https nor http on loopback']],
  ['http://127.0.0.1:4318', undefined],
  ['http://localhost:4318', undefined],
])('the endpoint %s', (OTLP_ENDPOINT, error) => {
  expect(otlpSettings({ OTLP_ENDPOINT })).toMatchObject(error ? { ok: false, error } : { ok: true, value: { share: 1 } })
})

test.each(['secret', '=secret', 'a b=secret', 'x=%zzsecret', 'x=secret%0d%0ay:z', 'content-type=secret', 'Host=secret'])(
  'the headers %s are no headers, and are not repeated',
  (OTLP_HEADERS) => {
    expect(otlpSettings({ OTLP_ENDPOINT: endpoint, OTLP_HEADERS })).toEqual({
      ok: false,
      error: ['OTLP_HEADERS is not a list of name=value'],
    })
  },
)

test.each(['-0.1', '1.1', 'NaN', 'half'])('the share %s is no share', (TRACE_SAMPLE) => {
  expect(otlpSettings({ OTLP_ENDPOINT: endpoint, TRACE_SAMPLE })).toEqual({ ok: false, error: ['TRACE_SAMPLE is not between 0 and 1'] })
})
