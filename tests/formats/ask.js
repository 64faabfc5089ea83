// Reads {definitions: {name: [version, definition]}, logic: [[rule, data], ...]} as JSON from standard input. Writes what
// DEFRA's model finds wrong with each definition, the names that it knows, and whether each rule holds by JsonLogic.
import {
  ComponentType,
  ControllerType,
  OperatorName,
  formDefinitionSchema,
  formDefinitionV2Schema
} from '@defra/forms-model'
import jsonLogic from 'json-logic-js'

let input = ''
for await (const part of process.stdin) input += part
const { definitions, logic } = JSON.parse(input)

const faults = {}
for (const [name, [version, definition]] of Object.entries(definitions)) {
  const schema = version === 2 ? formDefinitionV2Schema : formDefinitionSchema
  const found = schema.validate(definition, { abortEarly: false })
  faults[name] = (found.error?.details ?? []).map((fault) => fault.message)
}

console.log(JSON.stringify({
  faults,
  components: Object.values(ComponentType),
  operators: Object.values(OperatorName),
  controllers: Object.values(ControllerType),
  holds: logic.map(([rule, data]) => Boolean(jsonLogic.apply(rule, data)))
}))
