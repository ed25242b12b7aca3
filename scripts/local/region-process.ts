// One region in a process of its own, so that the two regions and the Worker do not share a thread. Started by
// region-processes.ts; says where it is over the IPC channel and ends when that channel does.

import type { Dynamo } from './dynamo.ts'
import { startRegion } from './region.ts'

const options = JSON.parse(process.argv[2] ?? '{}')
// Ctrl-C reaches the whole terminal; the parent decides when this ends.
process.on('SIGINT', () => {})

const onEngine = (dynamo: Dynamo) =>
  process.send?.({ engine: dynamo.engine, enginePid: dynamo.pid, enginePort: dynamo.port, region: options.region })

const region = await startRegion(options, { onEngine }).catch((error) => {
  process.send?.({ failed: error instanceof Error ? error.message : String(error) })
  process.exit(1)
})
const end = () => void region.close().finally(() => process.exit(0))
process.on('disconnect', end)
process.on('SIGTERM', end)
process.send?.({
  region: region.region,
  url: region.url,
  controlUrl: region.controlUrl,
  pid: process.pid,
  enginePid: region.dynamo.pid,
  enginePort: region.dynamo.port,
  engine: region.dynamo.engine,
  putAside: region.dynamo.putAside,
})
