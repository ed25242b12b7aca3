// The key pair of the local regions. It opens nothing but the taps on this machine, so it may stand here in the open;
// the taps verify every signature with it, as AWS would, so that a signing bug cannot wait for the first deployment.

export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
}

export const localCredentials: Credentials = {
  accessKeyId: 'LAURELLOCAL000000000',
  secretAccessKey: 'opens-nothing-but-the-local-taps-00000000',
}

export const localRegions = ['eu-west-1', 'eu-north-1'] as const
