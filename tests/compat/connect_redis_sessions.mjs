// Sessions of an Express application in a node, through connect-redis: what each request answered.
import http from 'node:http';

import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';

const client = createClient({ url: `redis://127.0.0.1:${process.argv[2]}/7` });
await client.connect();
await client.flushDb();
const store = new RedisStore({ client, prefix: 'sess:', ttl: 100 });
const app = express();
app.use(
  session({
    store,
    secret: 'of a test',
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 60_000 },
  }),
);
app.get('/login', (request, response) => {
  request.session.user = 'ada';
  request.session.visits = 0;
  response.json('in');
});
app.get('/look', (request, response) => response.json(request.session.user ?? null));
app.get('/short', (request, response) => {
  request.session.cookie.maxAge = 1000;
  response.json('short');
});
app.get('/visit', (request, response) => {
  if (!request.session.user) return response.status(401).json(null);
  request.session.visits += 1;
  return response.json([request.session.user, request.session.visits]);
});
app.get('/renew', (request, response) => {
  const { user } = request.session;
  request.session.regenerate(() => {
    request.session.user = user;
    request.session.visits = 100;
    response.json(user);
  });
});
app.get('/logout', (request, response) => {
  request.session.destroy(() => response.json('out'));
});
const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const { port } = server.address();

let cookie = '';
const get = (path, sent = cookie) =>
  new Promise((resolve, reject) => {
    const request = http.get({ port, host: '127.0.0.1', path, headers: { cookie: sent } }, (r) => {
      let body = '';
      r.on('data', (part) => (body += part));
      r.on('end', () => {
        if (r.headers['set-cookie']) cookie = r.headers['set-cookie'][0].split(';')[0];
        resolve([r.statusCode, JSON.parse(body)]);
      });
    });
    request.on('error', reject);
  });
const promised = (call) =>
  new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));

const result = {};
result.stranger = await get('/visit');
result.login = await get('/login');
result.visits = [await get('/visit'), await get('/visit')];
const [key] = await client.keys('sess:*');
const ttl = await client.ttl(key);
result.ttl = ttl > 50 && ttl <= 60;
result.stored = JSON.parse(await client.get(key)).visits;
result.length = await promised((done) => store.length(done));
result.all = (await promised((done) => store.all(done))).map((s) => s.user);
// A request that changes nothing puts the time to live off.
await client.expire(key, 20);
result.looked = await get('/look');
result.touched = (await client.ttl(key)) > 50;
await client.expire(key, 20);
const stored = await promised((done) => store.get(key.slice('sess:'.length), done));
await promised((done) => store.touch(key.slice('sess:'.length), stored, done));
result.touchedByStore = (await client.ttl(key)) > 50;
const old = cookie;
result.renewed = await get('/renew');
result.changed = cookie !== old;
result.oldIsGone = (await get('/visit', old))[0];
result.afterRenewal = await get('/visit');
result.logout = await get('/logout');
result.afterLogout = (await get('/visit'))[0];
await get('/login');
result.short = await get('/short');
const deadline = Date.now() + 10_000;
while ((await client.keys('sess:*')).length > 0 && Date.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
result.afterItsTime = await get('/look');
await get('/login');
await promised((done) => store.set('other', { user: 'bob', cookie: {} }, done));
result.many = await promised((done) => store.length(done));
result.ids = (await promised((done) => store.ids(done))).includes('other');
await promised((done) => store.destroy('other', done));
result.destroyed = (await promised((done) => store.get('other', done))) ?? null;
await promised((done) => store.clear(done));
result.left = await client.dbSize();
console.log(JSON.stringify(result));
server.close();
server.closeAllConnections();
await client.close();
