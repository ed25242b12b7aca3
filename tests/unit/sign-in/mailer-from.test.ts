// Which mailer the settings give, and which settings give none.

import { expect, test } from 'vitest'
import { type MailerSettings, mailerFrom } from '../../../workers/sign-in/mailer-from.ts'

const settings: MailerSettings = {
  stage: 'production',
  mailer: 'ses',
  from: 'no-reply@laurel.example',
  regions: '[{"region":"eu-west-1","endpoint":"http://127.0.0.1:8101"},{"region":"eu-north-1"}]',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret' },
}
const mail = { to: 'ada@example.org', subject: 'S', text: '012345' }

function world(over: Partial<MailerSettings>) {
  const background: Promise<unknown>[] = []
  const lines: string[] = []
  const sent: Request[] = []
  const fetch = async (request: Request) => {
    sent.push(request)
    return new Response('{}')
  }
  const ports = {
    waitUntil: (work: Promise<unknown>) => void background.push(work),
    now: () => 0,
    log: (line: string) => lines.push(line),
    fetch,
  }
  const mailer = mailerFrom({ ...settings, ...over }, ports)
  const send = async () => {
    await mailer.send(mail)
    await Promise.all(background)
  }
  return { send, lines, sent }
}

test('ses sends in the first region, from the address that is set, and prints nothing', async () => {
  const { send, lines, sent } = world({})
  await send()
  expect(sent.map(({ url }) => url)).toEqual(['https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails'])
  expect(sent[0]?.headers.get('authorization')).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/ses\/aws4_request/)
  expect(await sent[0]?.json()).toMatchObject({ FromEmailAddress: 'no-reply@laurel.example' })
  expect(lines).toEqual([])
})

test('log prints, and sends nothing', async () => {
  const { send, lines, sent } = world({ mailer: 'log', stage: 'local' })
  await send()
  expect([lines, sent]).toEqual([['mail to ada@example.org: 012345'], []])
})

test.each<[string, Partial<MailerSettings>]>([
  ['codes in a log that is not local', { mailer: 'log' }],
  ['codes in the log of staging', { mailer: 'log', stage: 'staging' }],
  ['a mailer that is none', { mailer: 'smtp' }],
  ['no mailer', { mailer: '' }],
  ['nobody to send from', { from: '' }],
  ['no region', { regions: '[]' }],
])('%s is refused at the start', (_, over) => expect(() => world(over)).toThrow(/MAILER/))
