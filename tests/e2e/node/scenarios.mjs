// What tests/e2e/test_node_sdk.py asks the official SDK to do: node scenarios.mjs BASE_URL NAME.
// Each prints one JSON object.

import OpenAI from 'openai';

const [baseURL, name] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'client-key', maxRetries: 0, timeout: 30000 });
const messages = [{ role: 'user', content: 'Hello' }];

const scenarios = {
  async whole() {
    const answer = await client.chat.completions.create({ model: 'some-model', messages });
    return { content: answer.choices[0].message.content, finish: answer.choices[0].finish_reason,
      total: answer.usage.total_tokens };
  },

  async stream() {
    const stream = await client.chat.completions.create({ model: 'some-model', messages,
      stream: true, stream_options: { include_usage: true } });
    const out = { content: '', finish: null, total: null };
    for await (const chunk of stream) {
      out.content += chunk.choices[0]?.delta?.content ?? '';
      out.finish = chunk.choices[0]?.finish_reason ?? out.finish;
      out.total = chunk.usage?.total_tokens ?? out.total;
    }
    return out;
  },

  async tools() {
    const called = [];
    const runner = client.chat.completions.runTools({
      model: 'some-model',
      messages: [{ role: 'user', content: 'Please call tool' }],
      tools: [{ type: 'function', function: {
        name: 'get_weather',
        parse: JSON.parse,
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
        function: (args) => { called.push(args); return '21 degrees'; },
      } }],
    });
    return { content: await runner.finalContent(), called };
  },

  async abort() {
    const stream = await client.chat.completions.create({ model: 'some-model', messages,
      stream: true });
    let seen = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta?.content && ++seen === 3) break;
    }
    return { seen };
  },

  async error() {
    try {
      await client.chat.completions.create({ model: 'some-model', messages });
      return {};
    } catch (error) {
      return { type: error.constructor.name, status: error.status, code: error.code };
    }
  },
};

console.log(JSON.stringify(await scenarios[name]()));
