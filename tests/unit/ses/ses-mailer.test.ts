// The SES mailer against a stand-in for SES: it verifies the whole signature and refuses whatever SendEmail (API v2) would
// not take, as strictly as the service's model has it.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { sesMailer } from '../../../aws-core/ses/ses-mailer.ts'
import { createSigner } from '../../../aws-core/signer.ts'
import { signatureRefusal } from '../../../scripts/local/tap/signature.ts'

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret that is only a test’s' }
const region = 'eu-west-1'

const content = z.strictObject({ Data: z.string().min(1), Charset: z.literal('UTF-8') })
const sendEmail = z.strictObject({
  FromEmailAddress: z.string().min(1),
  Destination: z.strictObject({ ToAddresses: z.array(z.string().regex(/^[^@\s]+@[^@\s]+$/)).length(1) }),
  Content: z.strictObject({ Simple: z.strictObject({ Subject: content, Body: z.strictObject({ Text: content }) }) }),
})

let server: Server
let endpoint: string
let taken: z.infer<typeof sendEmail>[]
/** What SES answers in place of taking the mail; `hang`: nothing. */
let trouble: { status: number; type: string; message: string } | 'hang' | null

beforeEach(async () => {
  taken = []
  trouble = null
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const refuse = (status: number, type: string, message: string) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': `${type}:http://internal/` })
        .end(JSON.stringify({ message }))
    const { method = '', url = '', headers } = request
    const rules = { credentials, region, service: 'ses', nowMs: Date.now(), validForMs: 300_000 }
    const forged = signatureRefusal({ method, url, headers, body }, rules)
    if (forged) return refuse(403, forged.type, forged.message)
    if (method !== 'POST' || url !== '/v2/email/outbound-emails') return refuse(404, 'UnknownOperationException', `${method} ${url}`)
    if (headers['content-type'] !== 'application/json') return refuse(415, 'SerializationException', 'not JSON')
    if (trouble === 'hang') return
    if (trouble) return refuse(trouble.status, trouble.type, trouble.message)
    const parsed = sendEmail.safeParse(JSON.parse(body.toString()))
    if (!parsed.success) return refuse(400, 'BadRequestException', parsed.error.message)
    taken.push(parsed.data)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ MessageId: '0100018f-1' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const mail = { to: 'ada@example.org', subject: 'Ihr Code – bitte', text: 'Der Code ist 012345.\n„Grüße“\n' }

function mailer({ secret = credentials.secretAccessKey, timeoutMs = 5000, at = endpoint } = {}) {
  const signer = createSigner({ ...credentials, secretAccessKey: secret, service: 'ses', region, now: Date.now })
  return sesMailer({
    region,
    endpoint: at,
    signer,
    fetch: (request, init) => fetch(request, init),
    from: 'Laurel <no-reply@laurel.example>',
    timeoutMs,
  })
}
const failureOf = (sending: Promise<void>) =>
  sending.then(
    () => null,
    (thrown: Error) => `${thrown.name}: ${thrown.message}`,
  )

describe('sesMailer', () => {
  test('sends the text, signed, to one address', async () => {
    await mailer().send(mail)
    expect(taken).toEqual([
      {
        FromEmailAddress: 'Laurel <no-reply@laurel.example>',
        Destination: { ToAddresses: ['ada@example.org'] },
        Content: {
          Simple: { Subject: { Data: mail.subject, Charset: 'UTF-8' }, Body: { Text: { Data: mail.text, Charset: 'UTF-8' } } },
        },
      },
    ])
  })

  test('goes to AWS’s own endpoint of the region unless told otherwise', async () => {
    const urls: string[] = []
    const signer = createSigner({ ...credentials, service: 'ses', region, now: Date.now })
    const fetch = async ({ url }: Request) => {
      urls.push(url)
      return new Response('{}')
    }
    await sesMailer({ region, signer, fetch, from: 'a@laurel.example', timeoutMs: 1000 }).send(mail)
    expect(urls).toEqual(['https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails'])
  })

  test.each([
    [400, 'MessageRejected', 'Email address is not verified. The following identities failed the check: ada@example.org'],
    [429, 'TooManyRequestsException', 'Too many requests for ada@example.org'],
    [503, '', 'down'],
  ])('a refusal with %i is told by its type and without the address', async (status, type, message) => {
    trouble = { status, type, message }
    expect(await failureOf(mailer().send(mail))).toBe(`MailNotSent: SES answered ${status} ${type || 'without a type'}`)
  })

  test('a signature that is not right is refused', async () => {
    expect(await failureOf(mailer({ secret: 'another' }).send(mail))).toBe('MailNotSent: SES answered 403 InvalidSignatureException')
    expect(taken).toEqual([])
  })

  test('an SES that does not answer is given up', async () => {
    trouble = 'hang'
    expect(await failureOf(mailer({ timeoutMs: 50 }).send(mail))).toBe('MailNotSent: SES did not answer in time')
  })

  test('an SES that is not there is told as that', async () => {
    expect(await failureOf(mailer({ at: 'http://127.0.0.1:1' }).send(mail))).toBe('MailNotSent: SES cannot be reached')
  })
})
