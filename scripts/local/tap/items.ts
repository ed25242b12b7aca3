// What DynamoDB's JSON says about items: which ones a request writes, how an item is named, and when two are the same.

import { createHash } from 'node:crypto'

export type Attributes = Record<string, Record<string, unknown>>

export interface ItemRef {
  table: string
  key: Attributes
  /** Table and key in one string: the same for the same item, whatever order its attributes came in. */
  name: string
}

/** One write of a request. `hash` is that of the whole item for a put; an update does not say what it leads to. */
export interface Write extends ItemRef {
  kind: 'put' | 'delete' | 'update'
  hash?: string
}

export type KeyAttributes = (table: string) => Promise<string[]>

const writing = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'])

export const isWrite = (operation: string) => writing.has(operation)

interface OneWrite {
  TableName: string
  Item?: Attributes
  Key?: Attributes
}
type Requests = Record<string, Array<{ PutRequest?: { Item: Attributes }; DeleteRequest?: { Key: Attributes } }>>

/** The items that a request of this operation writes if it succeeds. A ConditionCheck writes nothing. */
export async function writesOf(operation: string, body: Record<string, unknown>, keyAttributes: KeyAttributes): Promise<Write[]> {
  const put = async (table: string, item: Attributes): Promise<Write> => {
    const names = await keyAttributes(table)
    const key = Object.fromEntries(names.map((name) => [name, item[name] ?? {}]))
    return { kind: 'put', hash: itemHash(item), ...itemRef(table, key) }
  }
  const one = (w: OneWrite, kind: 'delete' | 'update'): Write => ({ kind, ...itemRef(w.TableName, w.Key ?? {}) })

  if (operation === 'PutItem') return [await put(String(body.TableName), body.Item as Attributes)]
  if (operation === 'DeleteItem') return [one(body as unknown as OneWrite, 'delete')]
  if (operation === 'UpdateItem') return [one(body as unknown as OneWrite, 'update')]
  if (operation === 'BatchWriteItem') {
    const entries = Object.entries(body.RequestItems as Requests).flatMap(([table, list]) => list.map((request) => ({ table, request })))
    return Promise.all(
      entries.map(async ({ table, request }) =>
        request.PutRequest ? put(table, request.PutRequest.Item) : one({ TableName: table, Key: request.DeleteRequest?.Key }, 'delete'),
      ),
    )
  }
  if (operation === 'TransactWriteItems') {
    const writes: Write[] = []
    for (const action of body.TransactItems as Array<Record<string, OneWrite>>) {
      if (action.Put) writes.push(await put(action.Put.TableName, action.Put.Item ?? {}))
      else if (action.Update) writes.push(one(action.Update, 'update'))
      else if (action.Delete) writes.push(one(action.Delete, 'delete'))
    }
    return writes
  }
  return []
}

export function itemRef(table: string, key: Attributes): ItemRef {
  return { table, key, name: `${table} ${canonical(key)}` }
}

/** SHA-256 over a form in which equal items are equal: sorted attributes and sets, plain numbers. */
export const itemHash = (item: Attributes) => createHash('sha256').update(canonical(item)).digest('base64')

function canonical(value: unknown, type?: string): string {
  if (Array.isArray(value)) {
    const members = value.map((member) => (type === 'NS' ? plainNumber(String(member)) : canonical(member)))
    return `[${(type === 'L' ? members : members.sort()).join()}]`
  }
  if (value && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner, name)}`).join()}}`
  }
  return type === 'N' && typeof value === 'string' ? plainNumber(value) : JSON.stringify(value)
}

/** `1.50`, `15e-1` and `+1.5` are one number to DynamoDB: digits without outer zeros, and an exponent. */
function plainNumber(text: string): string {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text)
  if (!match) return JSON.stringify(text)
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const trimmed = digits.replace(/0+$/, '')
  if (trimmed === '') return '0'
  return `${sign === '-' ? '-' : ''}${trimmed}e${Number(exponent) - fraction.length + digits.length - trimmed.length}`
}
