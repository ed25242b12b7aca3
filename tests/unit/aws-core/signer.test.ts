// The signer against AWS's own SigV4 vectors, read where they are. Which of them a signer built on fetch cannot express
// is listed with the reason, and each of those is shown to differ, so the list cannot outlive its reasons. Paths are
// expressed by all: the vectors that normalise dots and slashes pass, since a URL normalises them too.

import { createHash, createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createSigner, type SignableRequest } from '../../../aws-core/signer.ts'

const file = join(import.meta.dirname, '../../../../shared/vectors/aws-sig-v4/index.json')
const here = existsSync(file)
// Away from a full checkout the vectors may be missing; where it counts, they may not.
const mayBeMissing = !process.env.CI

interface Vector {
  name: string
  request: { method: string; uri: string; headers: [string, string][]; body: string }
  authz: string
  creq: string
  sts: string
}
interface Suite {
  config: { accessKeyId: string; secretAccessKey: string; service: string; region: string }
  stsToken: string
  tests: { all: Vector[] }
}

const inexpressible: Record<string, string> = {
  'get-header-key-duplicate': 'Headers joins repeated fields with ", " (Fetch, "combine"); the vector signs them joined with ","',
  'get-header-value-order': 'the same: repeated fields are joined with ", "',
  'post-sts-header-after': 'the session token is added after signing there; here it is always signed',
}

// Its canonical request is not the one that its string to sign and its signature were made of.
const contradictory = 'post-x-www-form-urlencoded-parameters'

const suite: Suite | null = here ? JSON.parse(readFileSync(file, 'utf8')) : null
const vectors = suite?.tests.all ?? []
const at = Date.UTC(2015, 7, 30, 12, 36, 0)

async function authorization(vector: Vector): Promise<string | null> {
  if (!suite) throw new Error('no vectors')
  const { method, uri, headers, body } = vector.request
  const withToken = vector.name.startsWith('post-sts')
  const signer = createSigner({ ...suite.config, ...(withToken && { sessionToken: suite.stsToken }), now: () => at })
  // Host follows from the URL, the date from the clock, the token from the credentials. A length is signed where the
  // vector signs it, and left to fetch where it does not, as in production.
  const own = ['host', 'x-amz-date', 'x-amz-security-token', ...(vector.authz.includes('=content-length;') ? [] : ['content-length'])]
  const request: SignableRequest = {
    method,
    url: `https://example.amazonaws.com${uri}`,
    headers: headers.filter(([name]) => !own.includes(name.toLowerCase())),
    ...(body && { body }),
  }
  return (await signer.sign(request)).headers.get('authorization')
}

describe('AWS SigV4 vectors', () => {
  test.skipIf(!here && mayBeMissing)('are all here', () => {
    expect(vectors).toHaveLength(28)
    expect(vectors.map((vector) => vector.name)).toEqual(expect.arrayContaining(Object.keys(inexpressible)))
  })

  test.each(vectors.filter((vector) => vector.name !== contradictory && !(vector.name in inexpressible)))('$name', async (vector) => {
    expect(await authorization(vector)).toBe(vector.authz)
  })

  test.each(vectors.filter((vector) => vector.name in inexpressible))('$name cannot be expressed', async (vector) => {
    expect(await authorization(vector)).not.toBe(vector.authz)
  })

  test.each(vectors.filter((vector) => vector.name === contradictory))(
    '$name contradicts itself: its canonical request decides',
    async (vector) => {
      const canonical = createHash('sha256').update(vector.creq).digest('hex')
      const [algorithm, date, scope, signed] = vector.sts.split('\n')
      expect(signed).not.toBe(canonical)
      const key = ['20150830', 'us-east-1', 'service', 'aws4_request'].reduce(
        (derived: string | Buffer, part) => createHmac('sha256', derived).update(part).digest(),
        `AWS4${suite?.config.secretAccessKey}`,
      )
      const signature = createHmac('sha256', key).update([algorithm, date, scope, canonical].join('\n')).digest('hex')
      expect(await authorization(vector)).toBe(vector.authz.replace(/Signature=.*/, `Signature=${signature}`))
    },
  )
})

describe('createSigner', () => {
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', service: 'dynamodb', region: 'eu-west-1' }
  const request: SignableRequest = {
    method: 'POST',
    url: 'https://dynamodb.eu-west-1.amazonaws.com/',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.GetItem' },
    body: '{}',
  }

  test('signs every header it is given, and the session token', async () => {
    const signed = await createSigner({ ...credentials, sessionToken: 'token', now: () => at }).sign(request)
    expect(signed.headers.get('authorization')).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,')
    expect(signed.headers.get('x-amz-security-token')).toBe('token')
    expect(signed.headers.get('x-amz-date')).toBe('20150830T123600Z')
    expect(await signed.text()).toBe('{}')
    expect(signed.redirect).toBe('manual')
  })

  test('dates each request by the clock, over midnight too', async () => {
    let now = Date.UTC(2026, 0, 1, 23, 59, 59, 999)
    const signer = createSigner({ ...credentials, now: () => now })
    const before = (await signer.sign(request)).headers.get('authorization')
    now += 1
    const after = (await signer.sign(request)).headers.get('authorization')
    expect(before).toContain('/20260101/')
    expect(after).toContain('/20260102/')
    const fresh = (await createSigner({ ...credentials, now: () => now }).sign(request)).headers.get('authorization')
    expect(after).toBe(fresh)
  })

  test('the body, the region and the key each change the signature', async () => {
    const sign = async (settings: object, changed: object = {}) =>
      (await createSigner({ ...credentials, ...settings, now: () => at }).sign({ ...request, ...changed })).headers.get('authorization')
    const all = await Promise.all([sign({}), sign({}, { body: '{ }' }), sign({ region: 'eu-north-1' }), sign({ secretAccessKey: 'other' })])
    const signatures = all.map((header) => header?.split('Signature=')[1])
    expect(new Set(signatures).size).toBe(4)
  })
})
