// Which e-mail addresses are taken, and which of them are one person's mailbox.

import { expect, test } from 'vitest'
import { email } from '../../../domain/resources/email.ts'
import { emailHashOf } from '../../../domain/sign-in/email-hash.ts'
import { mailboxOf } from '../../../domain/sign-in/mailbox.ts'

const long = (local: number, domain: number) => `${'a'.repeat(local)}@${'b'.repeat(domain)}.org`

test.each([
  'ada@example.org',
  'Ada.Lovelace+game@sub.example.co.uk',
  "o'neil!#$%&*/=?^_`{|}~-@example.org",
  'a@b.cc',
  '1@2.example',
  'author-0a1b@import.invalid',
  'x@xn--mller-kva.de',
  'x@example.xn--p1ai',
  long(64, 63),
])('%s is an address', (address) => expect(email.parse(address)).toBe(address))

test.each([
  '',
  'nobody',
  '@example.org',
  'a@',
  'a@b',
  'root@localhost',
  'a..b@x.it',
  '.a@x.it',
  'a.@x.it',
  'a@x..it',
  'a@.x.it',
  'a@x.it.',
  'a@-x.it',
  'a@x-.it',
  'a@x_y.it',
  'a@1.2.3.4',
  'a@b.0x7f',
  'a@[127.0.0.1]',
  'a@b@x.it',
  'a b@x.it',
  '"a b"@x.it',
  'a@x.it\nBcc: c@d.org',
  'a@x.it ',
  'ü@x.it',
  'a@exa mple.ü',
  'a@ü/b.it',
  long(65, 10),
  long(1, 64),
  `a@${'b.'.repeat(126)}org`,
])('%j is none', (address) => expect(email.safeParse(address).success).toBe(false))

test('a domain of another script is taken, and is the one that the DNS knows', () => {
  expect(email.parse('Info@Müller.de')).toBe('Info@xn--mller-kva.de')
  expect(email.parse('a@例え.テスト')).toBe('a@xn--r8jz45g.xn--zckzah')
  expect(emailHashOf(email.parse('a@müller.de'))).toBe(emailHashOf('a@XN--mller-kva.de'))
})

test('an address of any length is judged at once, and has one mistake', () => {
  expect(email.safeParse(`${'a'.repeat(250)}@example.org`).error?.issues).toHaveLength(1)
  for (const part of ['a', 'a.', '-', 'ü', '@', 'a@b.']) expect(email.safeParse(part.repeat(1_000_000)).success).toBe(false)
})

test('one mailbox has many addresses', () => {
  const ada = ['ada@example.org', 'ADA@Example.ORG', 'ada+game@example.org', 'ada+@example.org', 'ada+a+b@example.org']
  expect(new Set(ada.map(mailboxOf))).toEqual(new Set(['ada@example.org']))
  const gmail = ['adalovelace@gmail.com', 'Ada.Love.Lace+x@gmail.com', 'ada.lovelace@googlemail.com']
  expect(new Set(gmail.map(mailboxOf))).toEqual(new Set(['adalovelace@gmail.com']))
})

test('and two people have two: dots count elsewhere, and a name may begin with a plus sign', () => {
  const people = [
    'a.da@example.org',
    'ada@example.org',
    '+ada@example.org',
    '+eve@example.org',
    'ada@gmail.com',
    'ada@gmail.com.example.org',
  ]
  expect(new Set(people.map(mailboxOf)).size).toBe(people.length)
})
