// The benchmark of media, in one run: starts the platform and what it is compared with, uploads, measures delivery in
// rounds, lets one large object flow through, ends everything, and gives the report.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Extent } from '../extent.ts'
import { startLocalPlatform } from '../local-platform.ts'
import { type Pace, runRounds } from '../rounds.ts'
import { sockets } from '../sockets.ts'
import { startBareWorker } from './bare-worker.ts'
import { benchFiles, deliveryGroups, type Served } from './delivery-variants.ts'
import { type BenchFile, largeFile, makeFile } from './files.ts'
import { type MediaClient, mediaClient } from './media-client.ts'
import { startNginx } from './nginx.ts'
import { type DeliveryGroup, deliveryGroup, type MediaReport, mediaReport } from './report.ts'
import { type Flow, runFlow, type SlowReader } from './streaming.ts'

export interface MediaBenchOptions {
  extent: Extent
  parts: MediaPart[]
  say(line: string): void
}

export const mediaParts = ['delivery', 'flow'] as const
/** Delivery under load; the large object and memory. */
export type MediaPart = (typeof mediaParts)[number]

interface Size {
  pace: Pace
  flowBytes: number
  slow: SlowReader
}

/**
 * What one isolate may have in production. An eighth of the object, so nothing that grows with it could hide below; and
 * workerd's JavaScript heap is collected only now and then, so some tens of megabytes come and go with any load.
 */
const boundBytes = 128e6
/** More than the platform keeps in any cache, so that it goes the way of the large one. */
const warmUpBytes = 96e6

const sizes: Record<Extent, Size> = {
  full: {
    pace: { rounds: 5, connections: 32, firstWarmUpMs: 2_000, warmUpMs: 300, windowMs: 2_000, referenceEvery: 3 },
    flowBytes: 1e9,
    slow: { bytesASecond: 20e6, stopsForMs: 5_000 },
  },
  quick: {
    pace: { rounds: 3, connections: 32, firstWarmUpMs: 1_000, warmUpMs: 200, windowMs: 700, referenceEvery: 3 },
    flowBytes: 1e9,
    slow: { bytesASecond: 40e6, stopsForMs: 2_000 },
  },
  /** Says that everything answers and is counted, and nothing about speed; of memory, that far more is not taken. */
  smoke: {
    pace: { rounds: 1, connections: 4, firstWarmUpMs: 20, warmUpMs: 5, windowMs: 20, referenceEvery: 20 },
    flowBytes: 24e6,
    slow: { bytesASecond: 40e6, stopsForMs: 100 },
  },
}

export async function runMediaBench({ extent, parts, say }: MediaBenchOptions): Promise<MediaReport> {
  const size = sizes[extent]
  const dir = mkdtempSync(join(tmpdir(), 'laurel-bench-media-'))
  const closing: (() => Promise<void>)[] = []
  const opened = <T extends { close(): Promise<void> } | null>(started: T): T => {
    if (started) closing.push(started.close)
    return started
  }
  let isDone = false
  try {
    say('starting the platform')
    const platform = opened(await startLocalPlatform(join(dir, 'platform')))
    const client = await mediaClient(platform.baseUrl, platform.issuing)
    let flow: Flow | null = null
    if (parts.includes('flow')) {
      const { flowBytes, slow } = size
      const file = largeFile(flowBytes, randomBytes(16))
      const warmUp = largeFile(Math.min(warmUpBytes, flowBytes), randomBytes(16))
      // First, so that memory is not what the load left.
      flow = await runFlow({ pid: platform.pid, client, file, warmUp, slow, boundBytes }, say)
    }
    const groups: DeliveryGroup[] = []
    let nginxVersion: string | null = null
    if (parts.includes('delivery')) {
      const files = benchFiles()
      say('starting what it is compared with')
      const bare = opened(await startBareWorker(join(dir, 'bare'), files))
      const nginx = opened(await startNginx(join(dir, 'nginx'), files))
      nginxVersion = nginx?.version ?? null
      const sides = { bare, nginx, platform: { pid: platform.pid, served: await serve(client, files) } }
      for (const group of await deliveryGroups(sides, files)) {
        say(`${group.title}: ${group.variants.length} variants`)
        groups.push(deliveryGroup(group, await runRounds(group.variants, size.pace, { drive: sockets, say })))
      }
    }
    isDone = true
    return mediaReport({ atMs: Date.now(), pace: size.pace, nginx: nginxVersion, groups, flow })
  } finally {
    await Promise.all(closing.map((close) => close()))
    if (isDone) rmSync(dir, { recursive: true, force: true })
    else say(`failed; logs are in ${dir}`)
  }
}

async function serve(client: MediaClient, files: readonly BenchFile[]): Promise<Served[]> {
  const served: Served[] = []
  for (const file of files) {
    // Other bytes, or the two would name one blob.
    const other = makeFile(file.name, file.bytes.length)
    const [publicUrl, privateUrl] = [await client.upload(file, 'public'), await client.upload(other, 'private')]
    served.push({ like: file, public: { file, url: publicUrl }, private: { file: other, url: privateUrl } })
  }
  return served
}
