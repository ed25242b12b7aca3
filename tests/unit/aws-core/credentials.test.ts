// Temporary credentials: the session token is signed and sent by whatever is given the credentials of a deployment.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { credentialsOf } from '../../../aws-core/credentials.ts'
import { regionLogs } from '../../../aws-core/regions/from-config.ts'
import { mailerFrom } from '../../../workers/sign-in/mailer-from.ts'
import { readSources } from '../structure/sources.ts'
import { playerLog } from './dynamodb/packed-items.ts'

const secrets = { AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'hush' }
const temporary = { ...secrets, AWS_SESSION_TOKEN: 'of an hour' }
const regions = '[{"region":"eu-west-1"}]'

function listening() {
  const sent: Request[] = []
  const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    sent.push(new Request(input, init))
    return new Response('{}')
  }
  return { sent, fetch }
}

const signedFor = (request: Request | undefined) => ({
  token: request?.headers.get('x-amz-security-token'),
  isSigned: request?.headers.get('authorization')?.includes('x-amz-security-token'),
})

const regionsWith = (given: typeof secrets, fetch: ReturnType<typeof listening>['fetch']) =>
  regionLogs({ regions, table: 'laurel', credentials: credentialsOf(given), fetch, now: () => 0, gates: new Map() })

test('go to the regions with their session token, signed', async () => {
  const { sent, fetch } = listening()
  await regionsWith(temporary, fetch)[0]?.readFence(playerLog('ada'))
  expect(signedFor(sent[0])).toEqual({ token: 'of an hour', isSigned: true })
})

test('go to the mail service with it', async () => {
  const { sent, fetch } = listening()
  const work: Promise<unknown>[] = []
  const ports = { fetch, now: () => 0, log: () => {}, waitUntil: (one: Promise<unknown>) => void work.push(one) }
  const mailer = mailerFrom(
    { stage: 'production', mailer: 'ses', from: 'a@example.org', regions, credentials: credentialsOf(temporary) },
    ports,
  )
  await mailer.send({ to: 'ada@example.org', subject: 'Code', text: 'It is 000000.' })
  await Promise.all(work)
  expect(signedFor(sent[0])).toEqual({ token: 'of an hour', isSigned: true })
})

test('without it they are refused at the start; lasting ones need none', () => {
  const { fetch } = listening()
  expect(() => regionsWith(secrets, fetch)).toThrow('AWS_SESSION_TOKEN is missing')
  expect(credentialsOf({ ...secrets, AWS_ACCESS_KEY_ID: 'AKIA' })).toEqual({ accessKeyId: 'AKIA', secretAccessKey: 'hush' })
  expect(regionsWith({ ...secrets, AWS_ACCESS_KEY_ID: 'AKIA' }, fetch)).toHaveLength(1)
})

test('are read in one place, so that no client signs without the token', () => {
  const root = join(import.meta.dirname, '../../..')
  const readers = readSources(root)
    .map(({ path }) => path)
    .filter((path) => /^(?:aws-core|d1|domain|durable-objects|r2|workers)\//.test(path))
    .filter((path) => /\.AWS_(?:SECRET_ACCESS_KEY|ACCESS_KEY_ID)\b/.test(readFileSync(join(root, path), 'utf8')))
  expect(readers).toEqual([])
})
