import { describe, expect, test } from 'vitest'
import { defaultTimeoutMs, parseRegions, type RegionLogsSettings, regionLogs } from '../../../../aws-core/regions/from-config.ts'
import { playerLog } from '../dynamodb/packed-items.ts'

const settings: RegionLogsSettings = {
  regions: '[{"region":"eu-west-1","endpoint":"http://127.0.0.1:8101"},{"region":"eu-north-1"}]',
  table: 'laurel',
  credentials: { accessKeyId: 'AKID', secretAccessKey: 'hush' },
  fetch: async () => new Response('{}'),
  now: () => 0,
  gates: new Map(),
}

describe('parseRegions', () => {
  test('keeps the order and the endpoints', () => {
    const value = [{ region: 'eu-west-1', endpoint: 'http://127.0.0.1:8101' }, { region: 'eu-north-1' }]
    expect(parseRegions(settings.regions)).toEqual({ ok: true, value })
  })

  test.each([
    ['', 'REGIONS is not JSON'],
    ['{}', 'REGIONS is not a list of at least one region'],
    ['[]', 'REGIONS is not a list of at least one region'],
    ['["eu-west-1"]', 'REGIONS[0] is not an object'],
    ['[null]', 'REGIONS[0] is not an object'],
    ['[{"region":"dublin"}]', 'REGIONS[0].region is not the name of a region'],
    ['[{"region":"eu-west-1"},{"region":"eu-west-1"}]', 'REGIONS names eu-west-1 twice'],
    ['[{"region":"eu-west-1","endpiont":"https://x"}]', 'REGIONS[0].endpiont is not known'],
    ['[{"region":"eu-west-1","endpoint":"http://10.0.0.1:8000"}]', 'REGIONS[0].endpoint is neither https nor http on loopback'],
    ['[{"region":"eu-west-1","endpoint":"https://me:secret@x.example"}]', 'REGIONS[0].endpoint is neither https nor http on loopback'],
    ['[{"region":"eu-west-1","endpoint":null}]', 'REGIONS[0].endpoint is neither https nor http on loopback'],
  ])('%s', (text, mistake) => {
    expect(parseRegions(text)).toEqual({ ok: false, error: [mistake] })
  })

  test.each(['https://dynamodb.eu-west-1.amazonaws.com', 'http://localhost:8000/', 'http://[::1]:8000'])(
    '%s is an endpoint',
    (endpoint) => {
      expect(parseRegions(JSON.stringify([{ region: 'eu-west-1', endpoint }])).ok).toBe(true)
    },
  )
})

describe('regionLogs', () => {
  test('names every mistake at once, and no secret', () => {
    const wrong = {
      ...settings,
      regions: '[{}]',
      table: 'a b',
      credentials: { accessKeyId: '', secretAccessKey: 'hush', sessionToken: '' },
    }
    const said =
      'REGIONS[0].region is not the name of a region; TABLE is not a table name; AWS_ACCESS_KEY_ID is missing; AWS_SESSION_TOKEN is empty'
    expect(() => regionLogs(wrong)).toThrow(new Error(`Regions are not configured: ${said}`))
    expect(() => regionLogs({ ...settings, credentials: { accessKeyId: 'a', secretAccessKey: '' } })).toThrow(
      'AWS_SECRET_ACCESS_KEY is missing',
    )
  })

  test('sends each region its own signed requests, to its endpoint or to AWS', async () => {
    const sent: Request[] = []
    const fetch: RegionLogsSettings['fetch'] = async (request) => {
      sent.push(request)
      return new Response('{}')
    }
    const logs = regionLogs({ ...settings, fetch })
    expect(logs.map((log) => log.region)).toEqual(['eu-west-1', 'eu-north-1'])
    for (const log of logs) expect(await log.readFence(playerLog('x'))).toEqual({ ok: true, value: null })
    expect(sent.map((request) => request.url)).toEqual(['http://127.0.0.1:8101/', 'https://dynamodb.eu-north-1.amazonaws.com/'])
    expect(sent.map((request) => request.headers.get('authorization')?.match(/Credential=([^,]+)/)?.[1])).toEqual([
      'AKID/19700101/eu-west-1/dynamodb/aws4_request',
      'AKID/19700101/eu-north-1/dynamodb/aws4_request',
    ])
  })

  test('gates are per region, and outlive the logs that are built around them', async () => {
    const gates: RegionLogsSettings['gates'] = new Map()
    const calls: string[] = []
    const fetch: RegionLogsSettings['fetch'] = async (request) => {
      calls.push(new URL(request.url).hostname)
      return request.url.includes('127.0.0.1') ? new Response('', { status: 500 }) : new Response('{}')
    }
    for (let turn = 0; turn < 7; turn += 1) {
      const [west, north] = regionLogs({ ...settings, fetch, gates, breaker: { openMs: 10 } })
      expect((await west?.readFence(playerLog('x')))?.ok).toBe(false)
      expect((await north?.readFence(playerLog('x')))?.ok).toBe(true)
    }
    expect(calls.filter((host) => host === '127.0.0.1')).toHaveLength(5)
    expect(calls.filter((host) => host !== '127.0.0.1')).toHaveLength(7)
    expect(gates.get('eu-west-1')?.gate.breaker).toMatchObject({ mode: 'open', untilMs: 10 })
  })

  test('a region that hangs is given up at the deadline', async () => {
    expect(defaultTimeoutMs).toBe(1500)
    const fetch: RegionLogsSettings['fetch'] = (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    const [west] = regionLogs({ ...settings, fetch, timeoutMs: 30, gates: new Map() })
    expect(await west?.ping()).toMatchObject({ ok: false, error: { code: 'region/unavailable' } })
  })
})
