// A real cognito-local, in a process and a directory of its own, and the calls of Cognito's API that the tests make.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort } from '../../../scripts/local/ports.ts'

const require = createRequire(import.meta.url)
const start = join(dirname(require.resolve('cognito-local/package.json')), 'lib/bin/start.js')

export interface Tokens {
  access: string
  id: string
}

export interface LocalPool {
  issuer: string
  clientId: string
  /** Makes the person, puts them into the groups, signs them in. */
  signIn(name: string, groups?: string[]): Promise<Tokens>
}

export interface CognitoLocal {
  pool(): Promise<LocalPool>
  close(): Promise<void>
}

export async function startCognitoLocal(): Promise<CognitoLocal> {
  const dir = mkdtempSync(join(tmpdir(), 'laurel-cognito-'))
  const port = await freePort()
  // Its default port is wrangler's inspector port.
  const env = { ...process.env, PORT: String(port), HOST: '127.0.0.1' }
  const child = spawn(process.execPath, [start], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk
      if (said.includes('running on')) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    void exited.then(() => reject(new Error(`cognito-local ended:\n${said}`)))
  })
  const url = `http://127.0.0.1:${port}`

  async function call<T>(operation: string, body: object): Promise<T> {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        // It looks at neither the signature nor the key.
        authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/local/cognito-idp/aws4_request',
      },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${text}`)
    return JSON.parse(text || '{}') as T
  }

  return {
    async pool() {
      const { UserPool } = await call<{ UserPool: { Id: string } }>('CreateUserPool', { PoolName: 'people' })
      const pool = { UserPoolId: UserPool.Id }
      const made = await call<{ UserPoolClient: { ClientId: string } }>('CreateUserPoolClient', {
        ...pool,
        ClientName: 'app',
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
      })
      const { ClientId } = made.UserPoolClient
      return {
        issuer: `${url}/${UserPool.Id}`,
        clientId: ClientId,
        async signIn(name, groups = []) {
          const Username = `${name}@example.org`
          const user = { ...pool, Username }
          await call('AdminCreateUser', {
            ...user,
            UserAttributes: [{ Name: 'email', Value: Username }],
            MessageAction: 'SUPPRESS',
          })
          await call('AdminSetUserPassword', { ...user, Password: 'Correct-horse-1', Permanent: true })
          for (const GroupName of groups) {
            await call('CreateGroup', { ...pool, GroupName }).catch(() => call('GetGroup', { ...pool, GroupName }))
            await call('AdminAddUserToGroup', { ...user, GroupName })
          }
          const { AuthenticationResult } = await call<{ AuthenticationResult: { AccessToken: string; IdToken: string } }>('InitiateAuth', {
            AuthFlow: 'USER_PASSWORD_AUTH',
            ClientId,
            AuthParameters: { USERNAME: Username, PASSWORD: 'Correct-horse-1' },
          })
          return { access: AuthenticationResult.AccessToken, id: AuthenticationResult.IdToken }
        },
      }
    },
    async close() {
      child.kill()
      await exited
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
