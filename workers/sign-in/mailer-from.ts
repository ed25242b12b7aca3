// The mailer that the settings ask for. Throws on what cannot be right, so that a Worker that would print codes where
// others read the log, or that could mail nobody, does not start.

import { type SesSettings, sesMailer } from '../../aws-core/ses/ses-mailer.ts'
import { type AwsCredentials, createSigner } from '../../aws-core/signer.ts'
import type { Mailer } from '../../domain/sign-in/mail.ts'
import { logMailer, type PostedPorts, postedMailer } from './mailers.ts'

export interface MailerSettings {
  /** STAGE. */
  stage: string
  /** MAILER: `log` or `ses`. */
  mailer: string
  /** MAIL_FROM. */
  from: string
  /** REGIONS; the first one's SES sends. Its endpoint is DynamoDB's and is not used. */
  regions: string
  credentials: AwsCredentials
}

const sesTimeoutMs = 5000

export function mailerFrom(settings: MailerSettings, ports: PostedPorts & { fetch: SesSettings['fetch'] }): Mailer {
  return postedMailer(mailerNamed(settings, ports), ports)
}

function mailerNamed(
  { stage, mailer, from, regions, credentials }: MailerSettings,
  { fetch, log, now }: PostedPorts & { fetch: SesSettings['fetch'] },
): Mailer {
  if (mailer === 'log') {
    if (stage !== 'local') throw new Error('MAILER=log would print sign-in codes: it is for STAGE=local')
    return logMailer(log)
  }
  if (mailer !== 'ses') throw new Error('MAILER is log or ses')
  if (!/@/.test(from)) throw new Error('MAILER=ses needs the address in MAIL_FROM that it sends from')
  const [{ region } = { region: '' }] = JSON.parse(regions) as { region: string }[]
  if (region === '') throw new Error('MAILER=ses sends in the first of REGIONS, and there is none')
  return sesMailer({ region, signer: createSigner({ ...credentials, service: 'ses', region, now }), fetch, from, timeoutMs: sesTimeoutMs })
}
