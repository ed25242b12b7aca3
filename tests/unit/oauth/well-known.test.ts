// What we publish of ourselves, read by a strict client: oauth4webapi discovers, gets a token and verifies it by our keys.

import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { describe, expect, test } from 'vitest'
import { identitiesFrom } from '../../../workers/oauth/identities.ts'
import { nowMs } from '../edge/world.ts'
import { clientId, issuer, oauthWorld, secret, settings } from './world.ts'

const world = oauthWorld()
/** oauth4webapi's own requests, to our routes instead of the network. */
const onOurs = {
  [oauth.customFetch]: async (url: string, init: object) => {
    const { pathname } = new URL(url)
    return world.send(pathname, init as RequestInit)
  },
}

describe('a strict client', () => {
  test.each(['oidc', 'oauth2'] as const)('discovers us by %s, gets a token and verifies it', async (algorithm) => {
    const response = await oauth.discoveryRequest(new URL(issuer), { algorithm, ...onOurs })
    const server = await oauth.processDiscoveryResponse(new URL(issuer), response)
    const client = { client_id: clientId }
    for (const authentication of [oauth.ClientSecretBasic(secret), oauth.ClientSecretPost(secret)]) {
      const answered = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        new URLSearchParams({ scope: 'app/read' }),
        onOurs,
      )
      const token = await oauth.processClientCredentialsResponse(server, client, answered)
      expect(token).toMatchObject({ token_type: 'bearer', scope: 'app/read', expires_in: 3600 })
      const jwks = (await (await world.send(new URL(server.jwks_uri as string).pathname)).json()) as JSONWebKeySet
      const verified = await jwtVerify(token.access_token, createLocalJWKSet(jwks), { issuer, typ: 'at+jwt', currentDate: new Date(nowMs) })
      expect(verified.payload).toMatchObject({ client_id: clientId })
    }
  })

  test('understands a refusal', async () => {
    const server = { issuer, token_endpoint: `${issuer}/oauth2/token` }
    const client = { client_id: clientId }
    const answered = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(secret),
      { scope: 'dashboard/write' },
      onOurs,
    )
    await expect(oauth.processClientCredentialsResponse(server, client, answered)).rejects.toMatchObject({
      error: 'invalid_scope',
      status: 400,
    })
    const wrong = await oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretBasic('wrong'), {}, onOurs)
    await expect(oauth.processClientCredentialsResponse(server, client, wrong)).rejects.toMatchObject({
      cause: [{ scheme: 'basic', parameters: { realm: 'oauth2' } }],
    })
  })
})

describe('what is published', () => {
  test('has no empty list, and nothing but where things are (RFC 8414)', async () => {
    const response = await world.send('/.well-known/oauth-authorization-server')
    const metadata = (await response.json()) as Record<string, unknown>
    expect(metadata).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/oauth2/token`,
      revocation_endpoint: `${issuer}/oauth2/revoke`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      grant_types_supported: ['client_credentials', 'refresh_token'],
    })
    expect(Object.values(metadata).filter((value) => Array.isArray(value) && value.length === 0)).toEqual([])
  })

  test.each([
    ['', '', ['app/read', 'app/write', 'dashboard/read', 'dashboard/write']],
    ['/app/v1', '/app/v1', ['app/read', 'app/write']],
    ['/dashboard/v1', '/dashboard/v1', ['dashboard/read', 'dashboard/write']],
  ])('says of the resource %j who gives tokens for it (RFC 9728)', async (suffix, path, scopes) => {
    const resource = new URL(`${issuer}${path}`)
    // A strict client finds it where section 3.1 puts it.
    const response = await oauth.resourceDiscoveryRequest(resource, onOurs)
    const metadata = await oauth.processResourceDiscoveryResponse(resource, response)
    expect(await (await world.send(`/.well-known/oauth-protected-resource${suffix}`)).json()).toEqual(metadata)
    expect(metadata).toMatchObject({ resource: `${issuer}${path}`, authorization_servers: [issuer], scopes_supported: scopes })
    expect(metadata.bearer_methods_supported).toEqual(['header'])
  })

  test('may be kept for ten minutes, read by any page, and asked about again for nothing', async () => {
    const first = await world.send('/.well-known/jwks.json', { headers: { origin: 'https://any.test' } })
    const etag = first.headers.get('etag') ?? ''
    expect(first.headers.get('cache-control')).toBe('public, max-age=600')
    expect(first.headers.get('access-control-allow-origin')).toBe('*')
    const { keys } = (await first.json()) as JSONWebKeySet
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    // A shared cache may have asked without an Origin, and hands what it got to a page.
    for (const name of ['jwks.json', 'openid-configuration', 'oauth-authorization-server', 'oauth-protected-resource'])
      for (const headers of [{}, { 'if-none-match': '*' }] as Record<string, string>[])
        expect((await world.send(`/.well-known/${name}`, { headers })).headers.get('access-control-allow-origin')).toBe('*')
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await world.send('/.well-known/jwks.json', { headers: { 'if-none-match': known } })
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, ''])
    }
    expect((await world.send('/.well-known/jwks.json', { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })
})

describe('settings that cannot be right stop the worker', () => {
  const ports = { now: () => nowMs, newId: () => 'id', randomBytes: (count: number) => new Uint8Array(count), fetch, log: () => {} }
  test.each([
    ['an issuer with a slash', { issuer: `${issuer}/` }],
    ['an issuer with a path', { issuer: `${issuer}/v1` }],
    ['an issuer that is no address', { issuer: 'laurel' }],
    ['an issuer without TLS', { stage: 'production', issuer: 'http://laurel.test' }],
    ['no keys', { signingKeys: '' }],
    ['a token endpoint without TLS', { stage: 'staging', passThroughUrl: 'http://auth.test/token' }],
    ['a store without its token', { passThroughUrl: 'https://auth.test/token', redisUrl: 'https://redis.test' }],
    ['a store without TLS', { stage: 'production', passThroughUrl: 'https://a.test', redisUrl: 'http://redis.test', redisToken: 't' }],
  ])('%s', (_, wrong) => expect(() => identitiesFrom({ ...settings, ...wrong }, ports)).toThrow())
})
