// The mail with a one-time code: text, and nothing in it to click on, so that people learn that a sign-in mail never has
// a link. The subject holds no code: it is shown on locked screens. Pure.

import type { Mail } from '../../domain/sign-in/mail.ts'

interface Wording {
  subject: string
  code: (code: string) => string
  holds: (minutes: number) => string
  ignore: string
}

/** In English where there is no wording for a language; another one is added here and nowhere else. */
const english: Wording = {
  subject: 'Your sign-in code',
  code: (code) => `Your code to sign in is ${code}.`,
  holds: (minutes) => `It holds for ${minutes} minutes and can be used once.`,
  ignore: 'If you did not ask for it, do nothing. Tell the code to nobody: we never ask for it.',
}
const wordings: Record<string, Wording | undefined> = Object.assign(Object.create(null), {
  en: english,
  de: {
    subject: 'Dein Anmeldecode',
    code: (code: string) => `Dein Code zum Anmelden ist ${code}.`,
    holds: (minutes: number) => `Er gilt ${minutes} Minuten und nur einmal.`,
    ignore: 'Wenn du ihn nicht angefordert hast, musst du nichts tun. Nenne den Code niemandem: Wir fragen nie danach.',
  },
  fr: {
    subject: 'Votre code de connexion',
    code: (code: string) => `Votre code de connexion est ${code}.`,
    holds: (minutes: number) => `Il est valable ${minutes} minutes et une seule fois.`,
    ignore: 'Si vous ne l’avez pas demandé, ne faites rien. Ne donnez ce code à personne : nous ne le demandons jamais.',
  },
})

/** `lang` is a language tag (RFC 5646); the primary language decides. */
export function codeMail({ to, code, lang, livesMs }: { to: string; code: string; lang: string | undefined; livesMs: number }): Mail {
  const { subject, code: telling, holds, ignore } = wordings[(lang ?? 'en').split('-')[0]?.toLowerCase() ?? 'en'] ?? english
  return { to, subject, text: `${telling(code)}\n${holds(Math.floor(livesMs / 60_000))}\n\n${ignore}\n` }
}

/** The first language that a browser names (RFC 9110 section 12.5.4): they send them in the order of preference. */
export const langOf = (headers: Headers): string | undefined =>
  /^\s*([a-z]{2,3}(?:-[a-z0-9]{2,8})*)/i.exec(headers.get('accept-language') ?? '')?.[1]
