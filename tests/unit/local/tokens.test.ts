// Local tokens say what the domain says they must, and names become the same workspace every time.

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalKeys, localKeys } from '../../../scripts/local/keys.ts'
import { issueToken, signToken, workspaceIdOf } from '../../../scripts/local/tokens.ts'

let dir: string
let keys: LocalKeys
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'laurel-keys-'))
  keys = await localKeys(dir)
})
afterAll(() => rmSync(dir, { recursive: true }))

const issuing = (baseUrl = 'http://localhost:1') => ({ baseUrl, signing: keys.signing, operatorKey: keys.operatorKey })

test('keys are made once, for their owner only, and the public set holds nothing private', async () => {
  expect(await localKeys(dir)).toEqual(keys)
  for (const name of ['signing.jwk.json', 'operator-key', 'page-token-key']) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600)
  expect(Object.keys(keys.jwks.keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  expect(keys.operatorKey).not.toBe(keys.pageTokenKey)
})

test('a user token carries the claims of the domain and an hour to live', async () => {
  const token = await signToken(
    issuing(),
    'w123456789',
    { workspace: 'x', user: 'ada', role: 'viewer', context: 'dashboard' },
    1_700_000_000_000,
  )
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys.jwks as JSONWebKeySet), {
    issuer: 'http://localhost:1',
    algorithms: ['RS256'],
    currentDate: new Date(1_700_000_000_000),
  })
  expect(protectedHeader.kid).toBe(keys.signing.kid)
  expect(payload).toEqual({
    iss: 'http://localhost:1',
    sub: 'ada',
    userId: 'ada',
    workspaceId: 'w123456789',
    accountId: 'local00000',
    context: 'dashboard',
    platform: 'web',
    role: 'viewer',
    token_use: 'access',
    lang: 'en',
    timezone: 'UTC',
    iat: 1_700_000_000,
    exp: 1_700_003_600,
  })
})

test('a machine has every scope unless told otherwise, and is no user', async () => {
  const claims = async (scope?: string) => {
    const token = await signToken(issuing(), 'w123456789', { workspace: 'x', user: 'importer', platform: 'm2m', scope })
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  }
  expect(await claims()).toMatchObject({ sub: 'importer', scope: 'app/read app/write dashboard/read dashboard/write' })
  expect(await claims()).not.toHaveProperty('userId')
  expect(await claims('app/read')).toMatchObject({ scope: 'app/read' })
})

test('an id is taken as it is; any other name has one id', () => {
  expect(workspaceIdOf('aB3_-xyz90')).toBe('aB3_-xyz90')
  expect(workspaceIdOf('demo')).toBe(workspaceIdOf('demo'))
  expect(workspaceIdOf('demo')).toMatch(/^[A-Za-z0-9_-]{10}$/)
  expect(workspaceIdOf('demo')).not.toBe(workspaceIdOf('Demo'))
})

test('what is missing is made first, with the operator key; a refusal is told and no token given', async () => {
  const seen: string[] = []
  let status = 200
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const isOperator = request.headers.authorization === `Bearer ${keys.operatorKey}`
    seen.push(`${isOperator} ${request.method} ${request.url} ${Buffer.concat(chunks)}`)
    response.writeHead(status).end('{"detail":"Not today."}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await issueToken(issuing(baseUrl), { workspace: 'demo', user: 'ada' })
  const workspace = `/platform/v1/workspaces/${workspaceIdOf('demo')}`
  expect(seen).toEqual([
    `true PUT ${workspace} {"accountId":"local00000","name":"demo","slug":"demo"}`,
    `true PUT ${workspace}/users/ada {"email":"ada@localhost.test"}`,
  ])
  status = 503
  await expect(issueToken(issuing(baseUrl), { workspace: 'demo', user: 'ada' })).rejects.toThrow(/503.*Not today/)
  await expect(issueToken(issuing(baseUrl), { workspace: 'demo', user: 'a b' })).rejects.toThrow('Not a user id')
  server.close()
})
