// Mail over Amazon SES (API v2, SendEmail).
//
// Guarantees: one attempt, over by its deadline; a failure says what SES said of it (its error's type) and never whom the
// mail was for: SES's own messages name the address, so they are not passed on.
// Trade-off: a mail that SES throttles is not sent again. The person who waits for it asks again sooner than we would.

import type { Mailer } from '../../domain/sign-in/mail.ts'
import type { Signer } from '../signer.ts'

export interface SesSettings {
  region: string
  /** Only where it is not AWS's own. */
  endpoint?: string
  /** For the service `ses`. */
  signer: Signer
  fetch: (request: Request, init: { signal: AbortSignal }) => Promise<Response>
  /** An address or domain that SES has verified in this region; `Name <address>` too. */
  from: string
  timeoutMs: number
}

export class MailNotSent extends Error {
  override readonly name = 'MailNotSent'
}

const utf8 = (text: string) => ({ Data: text, Charset: 'UTF-8' })

export function sesMailer({ region, endpoint, signer, fetch, from, timeoutMs }: SesSettings): Mailer {
  const url = `${endpoint ?? `https://email.${region}.amazonaws.com`}/v2/email/outbound-emails`
  return {
    async send({ to, subject, text }) {
      const body = JSON.stringify({
        FromEmailAddress: from,
        Destination: { ToAddresses: [to] },
        Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text) } } },
      })
      const request = await signer.sign({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body })
      const response = await fetch(request, { signal: AbortSignal.timeout(timeoutMs) }).catch((thrown: unknown) => {
        throw new MailNotSent(
          thrown instanceof Error && thrown.name === 'TimeoutError' ? 'SES did not answer in time' : 'SES cannot be reached',
        )
      })
      // An unread body keeps its connection.
      await response.body?.cancel()
      if (!response.ok) throw new MailNotSent(`SES answered ${response.status} ${typeOf(response.headers)}`)
    },
  }
}

/** REST-JSON errors carry their type in a header: `MessageRejected:http://…`. */
const typeOf = (headers: Headers): string => /^\w{1,60}/.exec(headers.get('x-amzn-errortype') ?? '')?.[0] ?? 'without a type'
