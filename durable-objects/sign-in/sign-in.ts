import { DurableObject } from 'cloudflare:workers'

export class SignIn extends DurableObject<Env> {}
