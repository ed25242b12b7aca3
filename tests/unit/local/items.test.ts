// Which items a request writes, and when two items are the same one or say the same.

import { expect, test } from 'vitest'
import { type Attributes, itemHash, itemRef, writesOf } from '../../../scripts/local/tap/items.ts'

const keyAttributes = async () => ['pk', 'sk']
const key = (sk: string): Attributes => ({ pk: { S: 'p' }, sk: { S: sk } })
const item = (sk: string): Attributes => ({ ...key(sk), value: { N: '1' } })

const written = async (operation: string, body: Record<string, unknown>) =>
  (await writesOf(operation, body, keyAttributes)).map(({ kind, table, key: { sk } }) => `${kind} ${table} ${sk?.S}`)

test('each writing operation names its items; checks and reads name none', async () => {
  expect(await written('PutItem', { TableName: 'one', Item: item('a') })).toEqual(['put one a'])
  expect(await written('UpdateItem', { TableName: 'one', Key: key('a') })).toEqual(['update one a'])
  expect(await written('DeleteItem', { TableName: 'one', Key: key('a') })).toEqual(['delete one a'])
  const batch = {
    one: [{ PutRequest: { Item: item('a') } }, { DeleteRequest: { Key: key('b') } }],
    two: [{ PutRequest: { Item: item('c') } }],
  }
  expect(await written('BatchWriteItem', { RequestItems: batch })).toEqual(['put one a', 'delete one b', 'put two c'])
  const transaction = [
    { Put: { TableName: 'one', Item: item('a') } },
    { ConditionCheck: { TableName: 'one', Key: key('b') } },
    { Update: { TableName: 'one', Key: key('c') } },
    { Delete: { TableName: 'two', Key: key('d') } },
  ]
  expect(await written('TransactWriteItems', { TransactItems: transaction })).toEqual(['put one a', 'update one c', 'delete two d'])
  expect(await written('GetItem', { TableName: 'one', Key: key('a') })).toEqual([])
})

test('an item has one name, however its key is written', () => {
  expect(itemRef('t', { sk: { S: 'a' }, pk: { N: '10' } }).name).toBe(itemRef('t', { pk: { N: '1e1' }, sk: { S: 'a' } }).name)
  expect(itemRef('t', { pk: { S: '10' } }).name).not.toBe(itemRef('t', { pk: { N: '10' } }).name)
  expect(itemRef('t', { pk: { S: '10' } }).name).not.toBe(itemRef('u', { pk: { S: '10' } }).name)
})

test('equal items have equal hashes: order of attributes and sets, ways to write a number', () => {
  const a = { n: { N: '-1.50' }, set: { NS: ['1.0', '2'] }, words: { SS: ['x', 'y'] }, m: { M: { p: { BOOL: true }, q: { NULL: true } } } }
  const b = { m: { M: { q: { NULL: true }, p: { BOOL: true } } }, words: { SS: ['y', 'x'] }, set: { NS: ['2e0', '1'] }, n: { N: '-15e-1' } }
  expect(itemHash(a)).toBe(itemHash(b))
})

test.each<[string, Attributes, Attributes]>([
  ['numbers', { v: { N: '1.01' } }, { v: { N: '1.1' } }],
  ['signs', { v: { N: '-1' } }, { v: { N: '1' } }],
  ['magnitudes', { v: { N: '100' } }, { v: { N: '10' } }],
  ['types', { v: { S: '1' } }, { v: { N: '1' } }],
  ['lists, which keep their order', { v: { L: [{ S: 'a' }, { S: 'b' }] } }, { v: { L: [{ S: 'b' }, { S: 'a' }] } }],
  ['attributes', { v: { S: '1' } }, { v: { S: '1' }, w: { S: '1' } }],
])('different %s, different hashes', (_, a, b) => {
  expect(itemHash(a)).not.toBe(itemHash(b))
})
