const { createRouter } = require('@sonde/router');
const { log, serving } = require('./serving.cjs');

const router = createRouter().get('/users/:id', (c) => {
  log(c.params.id);
  return { id: c.params.id };
});
void router.listen().then(({ port }) => serving({ listening: true, address: () => ({ port }) }));
