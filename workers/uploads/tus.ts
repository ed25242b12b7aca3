// /uploads/v1/{grant}/tus: the tus protocol 1.0, which phones speak: creation (with bytes or without), termination and
// expiration. One URL makes one upload, always at …/tus/upload. The protocol is `@tus/server`'s; what it is given are a store
// and a lock of ours, and what it says goes out as everything else here does: CORS fields are the edge's, refusals are
// problem documents.
//
// The library is told of one request at a time and forgets it: what there is to know is the upload's object.

import { Server } from '@tus/server'
import type { Hono } from 'hono'
import { type Failure, failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Edge } from '../edge/edge.ts'
import { prefixes, type Reply } from '../edge/route.ts'
import { assembleUpload } from './assemble.ts'
import { inPieces } from './chunks.ts'
import { finishUpload } from './finish.ts'
import { grantParams, type Opened, withUpload } from './opened.ts'
import { uploadLock } from './tus-lock.ts'
import { libraryFailure, need, Refusal } from './tus-refusal.ts'
import { TusStore } from './tus-store.ts'

const version = '1.0.0'
const uploadId = 'upload'
const chunkType = 'application/offset+octet-stream'
const metadataLimit = 4096
/** The library needs a whole URL and says only its path again. A request may name a host that no URL can have. */
const nobody = 'https://uploads.laurel.invalid'

export const tusFields = { 'tus-resumable': version }
export const tusOptions = {
  'tus-version': version,
  'tus-extension': 'creation,creation-with-upload,termination,expiration',
}

export function tusRoutes(app: Hono, edge: Edge): void {
  const fields = { fields: tusFields, optionsFields: tusOptions }
  const shared = { api: 'uploads', cors: 'workspace', takesBytes: true, params: grantParams, ...fields } as const
  const root = { ...shared, path: '/:grant/tus' } as const
  const one = { ...shared, path: '/:grant/tus/upload' } as const
  edge.open(app, { ...root, method: 'POST', operationId: 'uploads/tusCreate' }, serving(edge, 'POST'))
  edge.open(app, { ...one, method: 'GET', operationId: 'uploads/tusOffset' }, serving(edge, 'HEAD'))
  edge.open(app, { ...one, method: 'PATCH', operationId: 'uploads/tusPatch' }, serving(edge, 'PATCH'))
  edge.open(app, { ...one, method: 'DELETE', operationId: 'uploads/tusTerminate' }, serving(edge, 'DELETE'))
  // For clients that can send no PATCH (tus 1.0, X-HTTP-Method-Override).
  edge.open(
    app,
    { ...one, method: 'POST', operationId: 'uploads/tusOverride' },
    withUpload(edge, (opened) => {
      const method = opened.call.headers.get('x-http-method-override')?.toUpperCase()
      const isKnown = method === 'PATCH' || method === 'DELETE' || method === 'HEAD'
      return isKnown ? serve(opened, method) : Promise.resolve(fail(overrideNeeded))
    }),
  )
}

type TusMethod = 'POST' | 'HEAD' | 'PATCH' | 'DELETE'

const serving = (edge: Edge, method: TusMethod) => withUpload(edge, (opened) => serve(opened, method))

async function serve(opened: Opened, method: TusMethod): Promise<Result<Reply>> {
  const refused = refuseFields(opened, method)
  if (refused) return fail(refused)
  if (method === 'HEAD') {
    const finished = await finishIfWhole(opened)
    if (!finished.ok) return finished
  }
  return answered(opened, method)
}

/** What the library leaves open, or answers in another way than the protocol asks for. */
function refuseFields({ call, grant }: Opened, method: TusMethod): Failure | null {
  const { headers } = call
  if (headers.get('tus-resumable') !== version) {
    call.stamp({ 'tus-version': version })
    return failure('request/precondition_failed', `This is tus ${version}: say so in Tus-Resumable.`)
  }
  if (method === 'PATCH' && headers.get('content-type')?.trim().toLowerCase() !== chunkType)
    return failure('request/unsupported_media_type', `Send the bytes as ${chunkType}.`)
  if (method !== 'POST') return null
  if ((headers.get('upload-metadata')?.length ?? 0) > metadataLimit) return wrongField('Upload-Metadata', 'Too long.')
  const length = headers.get('upload-length')
  if (length === null || !/^\d{1,16}$/.test(length)) return wrongField('Upload-Length', 'The length must be given, in bytes.')
  if (Number(length) > grant.size) return failure('request/too_large', `This URL is for ${grant.size} bytes.`)
  return Number(length) < grant.size ? wrongField('Upload-Length', `This URL is for ${grant.size} bytes.`) : null
}

const wrongField = (parameter: string, detail: string): Failure =>
  failure('validation/invalid_input', `${parameter}: ${detail}`, { errors: [{ parameter, detail }] })

const overrideNeeded = wrongField('X-HTTP-Method-Override', 'PATCH, HEAD or DELETE.')

/** A client that finds all bytes there takes its upload for done: so it is, before it is told. */
async function finishIfWhole(opened: Opened): Promise<Result<unknown>> {
  const { grant, upload } = opened
  const found = await upload.state()
  const isWhole = found.ok && found.value.mode === 'tus' && found.value.offset === grant.size
  return isWhole && found.value.status !== 'done' ? finishTus(opened) : ok(undefined)
}

async function finishTus(opened: Opened): Promise<Result<Reply>> {
  const { grant, upload } = opened
  const state = await upload.state()
  if (!state.ok) return state
  const checked = await assembleUpload(opened, state.value, grant.sha256 === undefined ? [] : [grant.sha256])
  return checked.ok ? finishUpload(opened, checked.value) : checked
}

async function answered(opened: Opened, method: TusMethod): Promise<Result<Reply>> {
  const { call, services, upload } = opened
  const store = new TusStore(opened)
  let thrown: unknown
  const lock = () =>
    uploadLock({
      upload,
      holder: services.newId(),
      now: services.now,
      sleep: (ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
      settled: store.settled,
    })
  const path = `${prefixes.uploads}/${(call.params as { grant: string }).grant}/tus`
  const server = new Server({
    path,
    datastore: store,
    relativeLocation: true,
    respectForwardedHeaders: false,
    namingFunction: () => uploadId,
    getFileIdFromRequest: () => uploadId,
    locker: { newLock: lock },
    // Who is asked to let go keeps what has come, and that at once.
    lockDrainTimeout: 1,
    disableTerminationForFinishedUploads: true,
    onUploadFinish: async () => {
      need(await finishTus(opened))
      return {}
    },
    onResponseError: (_, error) => {
      thrown = error
      return undefined
    },
  })
  const body = method === 'PATCH' || method === 'POST' ? inPieces(call.bytes) : null
  const response = await server.handleWeb(new Request(`${nobody}${path}/${uploadId}`, { method, headers: call.headers, body }))
  if (thrown instanceof Refusal) return fail(thrown.failure)
  if (response.status >= 400) {
    const known = libraryFailure(response.status, await response.text())
    if (known) return fail(known)
    throw thrown instanceof Error ? thrown : new Error(`tus answered ${response.status}`)
  }
  return ok({ status: response.status, headers: fieldsOf(response) })
}

const ours = /^(access-control-|connection$|content-|tus-resumable$)/

const fieldsOf = (response: Response): Record<string, string> =>
  Object.fromEntries([...response.headers].filter(([name]) => !ours.test(name)))
