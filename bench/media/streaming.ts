// One large object through the Worker: up in parts, down to a reader who takes small sips and stops in between, and down
// as fast as it goes; and the memory of workerd meanwhile, which must not follow the object's size.
//
// The slow reader comes first, while nothing is cached: whatever is read ahead of a client, or kept for the cache beside a
// client who does not drink, has all the time it needs to pile up. Under Miniflare, R2 and the Cache API are JavaScript in the
// same workerd, so their memory is in the figure: it is more than the Worker's own, never less.

import { createHash } from 'node:crypto'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { LargeFile } from './files.ts'
import type { MediaClient } from './media-client.ts'
import { forgetHighest, processMemory } from './process-memory.ts'

export interface Stage {
  name: string
  seconds: number
  /** Resident bytes of workerd. */
  before: number
  highest: number
  after: number
  /** Whether the bytes that came are the ones that were sent. */
  isRight: boolean
}

export interface Flow {
  size: number
  /** Before the first stage, after a small object went the same way. */
  restingBytes: number
  /** How far above that any stage may come. */
  boundBytes: number
  stages: Stage[]
}

export interface FlowPlan {
  pid: number
  client: MediaClient
  file: LargeFile
  /** Goes the same way before, so that code and buffers that stay are there already. */
  warmUp: LargeFile
  slow: SlowReader
  boundBytes: number
}

export interface SlowReader {
  bytesASecond: number
  /** After a tenth it reads nothing for so long. */
  stopsForMs: number
}

export async function runFlow({ pid, client, file, warmUp, slow, boundBytes }: FlowPlan, say: (line: string) => void): Promise<Flow> {
  await passThrough(client, 'warm-up', warmUp)
  const restingBytes = processMemory(pid).residentBytes
  const stages: Stage[] = []
  const stage = async (name: string, run: () => Promise<boolean>): Promise<void> => {
    say(name)
    forgetHighest(pid)
    const before = processMemory(pid).residentBytes
    const startedAt = performance.now()
    const isRight = await run()
    const seconds = (performance.now() - startedAt) / 1000
    const { residentBytes: after, highestBytes: highest } = processMemory(pid)
    stages.push({ name, seconds, before, highest, after, isRight })
  }

  const sent = createHash('sha256')
  let url = ''
  await stage('up, in parts', async () => {
    url = await client.uploadInParts('large', file, (bytes) => sent.update(bytes))
    return true
  })
  const wanted = sent.digest('hex')
  await stage('down, a slow reader', async () => (await digestOf(await opened(url), sips(slow, file.size))) === wanted)
  await stage('down, a fast reader', async () => (await digestOf(await opened(url))) === wanted)
  return { size: file.size, restingBytes, boundBytes, stages }
}

/** Whether all bytes were right and memory stayed within the bound. Where memory cannot be read, only the bytes count. */
export const isFlat = ({ stages, restingBytes, boundBytes }: Flow): boolean =>
  stages.every(({ isRight, highest }) => isRight && !(highest - restingBytes > boundBytes))

async function passThrough(client: MediaClient, name: string, file: LargeFile): Promise<void> {
  const url = await client.uploadInParts(name, file, () => {})
  for (let times = 0; times < 3; times++) await digestOf(await opened(url))
}

/** Node's own client: fetch reads ahead of who reads from it. */
async function opened(url: string): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => get(url, resolve).once('error', reject))
  if (answer.statusCode !== 200) throw new Error(`${new URL(url).pathname} answered ${answer.statusCode}`)
  return answer
}

async function digestOf(answer: IncomingMessage, afterEach: (bytesSoFar: number) => Promise<void> | void = () => {}): Promise<string> {
  const hash = createHash('sha256')
  let count = 0
  for await (const bytes of answer as AsyncIterable<Uint8Array>) {
    hash.update(bytes)
    count += bytes.length
    await afterEach(count)
  }
  return hash.digest('hex')
}

/** Keeps to its speed from the first byte on, and stops once. What is on its way in sockets meanwhile is the kernel's. */
function sips({ bytesASecond, stopsForMs }: SlowReader, size: number): (bytesSoFar: number) => Promise<void> {
  let startedAt: number | undefined
  let hasStopped = false
  return async (bytesSoFar) => {
    startedAt ??= performance.now()
    if (!hasStopped && bytesSoFar >= size / 10) {
      hasStopped = true
      startedAt += stopsForMs
      await pause(stopsForMs)
    }
    const early = startedAt + (bytesSoFar / bytesASecond) * 1000 - performance.now()
    // Timers are whole milliseconds: what is less adds up to the next.
    if (early >= 1) await pause(early)
  }
}
