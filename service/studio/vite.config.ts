import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const gateway = process.env.MINIREDIS_GATEWAY_URL ?? 'http://127.0.0.1:8080';
const outDir = process.env.MINIREDIS_STUDIO_OUTPUT ?? '../../build/studio';
const worthCompressing = /\.(?:html|js|css|svg|json|txt)$/;

// The gateway compresses nothing itself: it gives what lies beside a file as .br or .gz.
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    closeBundle: () => {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!worthCompressing.test(name)) continue;
        const path = join(folder, name);
        const content = readFileSync(path);
        if (content.length < 1024) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  resolve: { alias: { '~': new URL('./src', import.meta.url).pathname } },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    // Inlined files would need data: in the page's policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    port: 5173,
    strictPort: true,
    // The Host is left as it is, so that cookies and the check of the origin work as behind the gateway.
    proxy: {
      '/v1': { target: gateway, ws: true },
      '/auth': { target: gateway },
      '/redis': { target: gateway },
      '/openapi.json': { target: gateway },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
  },
});
