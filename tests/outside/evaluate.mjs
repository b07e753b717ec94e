// Decides requests by resource policies, and by identity policies (a list of documents), with @cloud-copilot/iam-simulate. The folder that holds node_modules is the argument.
// In, a line each: {"policy": id, "document": {...}}, then {"id", "policy": id, "principal", "action", "resource", "account", "context"}.
// Out, a line each: {"id", "result", "by": [sid or number]} or {"id", "error"}.
// The core engine is called past the validation of context keys, which drops kms:EncryptionContext:<key>.
import path from 'node:path'
import readline from 'node:readline'
import { pathToFileURL } from 'node:url'

const modules = path.resolve(process.argv[2], 'node_modules')
const core = path.join(modules, '@cloud-copilot/iam-simulate/dist/esm')
const load = file => import(pathToFileURL(file).href)
const { authorize } = await load(path.join(core, 'core_engine/CoreSimulatorEngine.js'))
const { AwsRequestImpl } = await load(path.join(core, 'request/request.js'))
const { RequestContextImpl } = await load(path.join(core, 'requestContext.js'))
const { DiscoveryContextKeyConstraints } = await load(path.join(core, 'context_keys/discoveryContextKeyConstraints.js'))
const { loadPolicy } = await load(path.join(modules, '@cloud-copilot/iam-policy/dist/esm/index.js'))

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] }
const common = {
  identityPolicies: [],
  serviceControlPolicies: [],
  resourceControlPolicies: [{ orgIdentifier: 'default', policies: [loadPolicy(everything, { name: 'all' })] }],
  permissionBoundaries: undefined,
  vpcEndpointPolicies: undefined,
  sessionPolicy: undefined,
  simulationParameters: { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
  serviceSettings: { s3: {} },
}

const policies = new Map()

function decide({ policy, principal, action, resource, account, context }) {
  const who = principal === 'anonymous' ? { type: 'Anonymous' } : principal
  const request = new AwsRequestImpl(who, { resource, accountId: account }, action, new RequestContextImpl(context))
  const loaded = policies.get(policy)
  const held = Array.isArray(loaded) ? { identityPolicies: loaded } : { resourcePolicy: loaded }
  const { identityAnalysis, resourceAnalysis } = authorize({ ...common, request, ...held })
  const found = Array.isArray(loaded) ? identityAnalysis : resourceAnalysis
  const deciding = found.denyStatements.length ? found.denyStatements : found.allowStatements
  return { result: found.result, by: deciding.map(one => one.explain.identifier) }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line)
  if ('document' in asked) {
    const made = one => loadPolicy(one, { name: 'policy' })
    try { policies.set(asked.policy, Array.isArray(asked.document) ? asked.document.map(made) : made(asked.document)) } catch (error) { policies.set(asked.policy, error) }
    continue
  }
  let answer
  try {
    if (policies.get(asked.policy) instanceof Error) throw policies.get(asked.policy)
    answer = decide(asked)
  } catch (error) {
    answer = { error: String(error).slice(0, 300) }
  }
  process.stdout.write(JSON.stringify({ id: asked.id, ...answer }) + '\n')
}
