// The port that mail leaves by. Text only.

export interface Mail {
  to: string
  subject: string
  text: string
}

export interface Mailer {
  /** Rejects where the mail was not taken; what it rejects with never names the address. */
  send(mail: Mail): Promise<void>
}
