// Makes src/api/generated/ out of the OpenAPI documents: types for the compiler, and for the running
// page the shapes that answers must have, cut down to what a page could trip over.
//
//   node scripts/generate-api.mjs <folder with gateway.json, auth.json, monitoring.json>
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

import openapiTS, { astToString } from 'openapi-typescript';

const documents = process.argv[2];
if (!documents) throw new Error('which folder holds the OpenAPI documents?');
const target = new URL('../src/api/generated/', import.meta.url);
const kept = [
  '$ref',
  'type',
  'required',
  'properties',
  'items',
  'anyOf',
  'oneOf',
  'additionalProperties',
];

function shapeOf(schema) {
  if (typeof schema !== 'object' || schema === null) return true;
  const shape = {};
  for (const key of kept) {
    const value = schema[key];
    if (value === undefined || value === false || value === true) continue;
    if (key === 'properties') {
      const entries = Object.entries(value).map(([name, one]) => [name, shapeOf(one)]);
      shape[key] = Object.fromEntries(entries);
    } else if (key === 'anyOf' || key === 'oneOf') {
      shape.anyOf = value.map(shapeOf);
    } else if (key === 'items' || key === 'additionalProperties') {
      shape[key] = shapeOf(value);
    } else if (key === '$ref') {
      shape.ref = value.split('/').at(-1);
    } else {
      shape[key] = value;
    }
  }
  return shape;
}

// Schemas that the shapes lead to; those of requests are not among them.
function reached(from, schemas, found = {}) {
  if (Array.isArray(from)) from.forEach((one) => reached(one, schemas, found));
  else if (typeof from === 'object' && from !== null) {
    if (typeof from.ref === 'string' && !(from.ref in found)) {
      found[from.ref] = shapeOf(schemas[from.ref]);
      reached(found[from.ref], schemas, found);
    }
    Object.values(from).forEach((one) => reached(one, schemas, found));
  }
  return found;
}

mkdirSync(target, { recursive: true });
const shapes = {};
for (const name of ['gateway', 'auth', 'monitoring']) {
  const document = JSON.parse(readFileSync(`${documents}/${name}.json`, 'utf8'));
  const types = astToString(await openapiTS(document, { defaultNonNullable: false }));
  writeFileSync(new URL(`${name}.ts`, target), types);
  const answers = {};
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      for (const [status, answer] of Object.entries(operation.responses ?? {})) {
        const schema = answer.content?.['application/json']?.schema;
        if (/^2/.test(status) && schema)
          answers[`${method.toUpperCase()} ${path}`] = shapeOf(schema);
      }
    }
  }
  shapes[name] = { answers, schemas: reached(answers, document.components?.schemas ?? {}) };
}
const head = `import type { ShapesOfService } from '../shape';\n\n`;
const body = Object.entries(shapes)
  .map(([name, one]) => `export const ${name}: ShapesOfService = ${JSON.stringify(one)};\n`)
  .join('');
writeFileSync(new URL('shapes.ts', target), head + body);
