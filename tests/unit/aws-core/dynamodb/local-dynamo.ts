// A real local DynamoDB in memory for one test file, with the table of production, and clients for it.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type DynamoClient, type DynamoClientSettings, dynamoClient } from '../../../../aws-core/dynamodb/client.ts'
import { ensureTable } from '../../../../aws-core/dynamodb/table.ts'
import { createSigner } from '../../../../aws-core/signer.ts'

export interface LocalDynamo {
  endpoint: string
  table: string
  client(settings?: Partial<DynamoClientSettings>): DynamoClient
  stop(): Promise<void>
}

const binary = join(import.meta.dirname, '../../../../node_modules/@dynoxide/linux-x64/dynoxide')
const credentials = { accessKeyId: 'local', secretAccessKey: 'local', service: 'dynamodb', region: 'eu-west-1' }

export async function startLocalDynamo(): Promise<LocalDynamo> {
  if (!existsSync(binary)) throw new Error('There is no local DynamoDB for this platform in node_modules (@dynoxide).')
  const { child, port } = await serve(5)
  const endpoint = `http://127.0.0.1:${port}/`
  const local: LocalDynamo = {
    endpoint,
    table: 'laurel-test',
    client: (settings) =>
      dynamoClient({
        region: credentials.region,
        endpoint,
        signer: createSigner({ ...credentials, now: Date.now }),
        fetch: (request, init) => fetch(request, init),
        timeoutMs: 10_000,
        random: () => 0.5,
        sleep: async () => {},
        ...settings,
      }),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      }),
  }
  const made = await ensureTable(local.client(), local.table)
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  return local
}

/** Between finding a free port and taking it, another may: then once more. */
async function serve(attempts: number): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort()
  const child = spawn(binary, ['serve', '--port', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const listening = await new Promise<boolean>((resolve) => {
    const heard = (chunk: Buffer) => chunk.includes('listening') && resolve(true)
    child.stdout.on('data', heard)
    child.stderr.on('data', heard)
    child.once('exit', () => resolve(false))
  })
  if (listening) return { child, port }
  if (attempts <= 1) throw new Error('The local DynamoDB did not start.')
  return serve(attempts - 1)
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
