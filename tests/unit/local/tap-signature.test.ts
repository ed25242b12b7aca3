// The tap takes what AWS would take. AWS's own vectors prove the algorithm; the refusals, that nothing else passes.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSigner } from '../../../aws-core/signer.ts'
import { localCredentials } from '../../../scripts/local/credentials.ts'
import { signatureRefusal } from '../../../scripts/local/tap/signature.ts'
import { type TwoRegions, twoRegions } from './two-regions.ts'

let regions: TwoRegions
beforeAll(async () => {
  regions = await twoRegions()
})
afterAll(() => regions.close())

test('a properly signed call passes; a wrong secret, an unknown key and another region do not', async () => {
  const { west } = regions
  expect((await west.call('ListTables', {})).status).toBe(200)
  expect(await west.call('ListTables', {}, { secret: 'another' })).toMatchObject({ status: 400, type: 'InvalidSignatureException' })
  const unsigned = await fetch(west.tap.url, { method: 'POST', body: '{}' })
  expect(unsigned.status).toBe(400)
  expect(await unsigned.json()).toMatchObject({ __type: expect.stringContaining('MissingAuthenticationTokenException') })
})

test('a signature is good for five minutes, before and after its date', async () => {
  const { west } = regions
  const now = Date.now()
  expect((await west.call('ListTables', {}, { atMs: now - 4 * 60_000 })).status).toBe(200)
  for (const atMs of [now - 6 * 60_000, now + 6 * 60_000]) {
    expect(await west.call('ListTables', {}, { atMs })).toMatchObject({ status: 400, type: 'InvalidSignatureException' })
  }
})

const nowMs = Date.UTC(2026, 10, 21, 12)
const rules = { credentials: localCredentials, region: 'eu-west-1', service: 'dynamodb', nowMs, validForMs: 300_000 }

async function signed(options: { region?: string; service?: string; accessKeyId?: string } = {}) {
  const signer = createSigner({ ...localCredentials, region: 'eu-west-1', service: 'dynamodb', now: () => nowMs, ...options })
  const body = '{"TableName":"laurel"}'
  const request = await signer.sign({
    method: 'POST',
    url: 'http://127.0.0.1:8101/',
    headers: { 'x-amz-target': 'DynamoDB_20120810.X' },
    body,
  })
  return { method: 'POST', url: '/', headers: { ...Object.fromEntries(request.headers), host: '127.0.0.1:8101' }, body: Buffer.from(body) }
}

test('what is signed is bound to region, service, key, body, target and headers', async () => {
  const good = await signed()
  expect(signatureRefusal(good, rules)).toBeUndefined()
  const refusals = {
    region: signatureRefusal(await signed({ region: 'eu-north-1' }), rules),
    service: signatureRefusal(await signed({ service: 's3' }), rules),
    body: signatureRefusal({ ...good, body: Buffer.from('{"TableName":"other"}') }, rules),
    path: signatureRefusal({ ...good, url: '/other' }, rules),
    target: signatureRefusal({ ...good, headers: { ...good.headers, 'x-amz-target': 'DynamoDB_20120810.DeleteTable' } }, rules),
    added: signatureRefusal({ ...good, headers: { ...good.headers, 'x-amz-security-token': 'smuggled' } }, rules),
    host: signatureRefusal({ ...good, headers: { ...good.headers, host: 'elsewhere:8101' } }, rules),
    expired: signatureRefusal(good, { ...rules, nowMs: nowMs + 300_001 }),
  }
  for (const [what, refusal] of Object.entries(refusals)) expect([what, refusal?.type]).toEqual([what, 'InvalidSignatureException'])
  expect(signatureRefusal(await signed({ accessKeyId: 'SOMEBODY' }), rules)?.type).toBe('UnrecognizedClientException')
  const { 'x-amz-date': _, ...undated } = good.headers as Record<string, string>
  expect(signatureRefusal({ ...good, headers: undated }, rules)?.type).toBe('IncompleteSignatureException')
  const malformed = { ...good.headers, authorization: 'AWS4-HMAC-SHA256 Credential=x' }
  expect(signatureRefusal({ ...good, headers: malformed }, rules)?.type).toBe('IncompleteSignatureException')
})

interface Vector {
  name: string
  request: { method: string; path: string; query: string; headers: Array<[string, string]>; body: string }
  authz: string
}
const file = join(import.meta.dirname, '../../../../shared/vectors/aws-sig-v4/index.json')
// Away from a full checkout the vectors may be missing; the signer's own tests say where they may not.
const suite = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { config: {}, tests: { all: [] } }
// Its canonical request is not the one that its signature was made of.
const contradictory = 'post-x-www-form-urlencoded-parameters'
// DynamoDB is called at "/" with no query: the vectors about normalising those are not for this door.
const isForThisDoor = ({ name, request }: Vector) => request.path === '/' && request.query === '' && name !== contradictory
const vectors = (suite.tests.all as Vector[]).filter(isForThisDoor)

test.skipIf(!existsSync(file))('the AWS vectors are here', () => expect(vectors.length).toBeGreaterThan(10))

test.each(vectors)('AWS vector $name', ({ request, authz }) => {
  const headers: Record<string, string> = { authorization: authz }
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase()
    headers[key] = headers[key] === undefined ? value : `${headers[key]},${value}`
  }
  const { accessKeyId, secretAccessKey, region, service } = suite.config
  const vectorRules = {
    credentials: { accessKeyId, secretAccessKey },
    region,
    service,
    nowMs: Date.UTC(2015, 7, 30, 12, 36),
    validForMs: 0,
  }
  const given = { method: request.method, url: '/', headers, body: Buffer.from(request.body) }
  expect(signatureRefusal(given, vectorRules)).toBeUndefined()
  expect(signatureRefusal({ ...given, body: Buffer.from(`${request.body}.`) }, vectorRules)?.type).toBe('InvalidSignatureException')
})
