// Clients in JavaScript, each driven by its own methods. Reads base address, key and jobs from standard input; the last
// line of standard output is what became of them.
import { createHash } from "node:crypto";

const TRIES = 1000;
const PAUSE_MS = 20;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

async function until(ask, ended) {
  for (let n = 0; n < TRIES; n += 1) {
    const answer = await ask();
    if (ended(answer)) return answer;
    await pause();
  }
  throw new Error("the task never ended");
}

async function told(taskId, status, url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`HTTP ${answer.status} for ${url}`);
  const video = Buffer.from(await answer.arrayBuffer());
  const sha256 = createHash("sha256").update(video).digest("hex");
  return { task_id: taskId, status, bytes: video.length, sha256 };
}

// Some clients refuse addresses of this machine: to them the stand-in is the vendor itself, both ways.
const disguised = (base, official) => async (url, options) => {
  const answer = await fetch(String(url).replace(official, base), options);
  const text = (await answer.text()).replaceAll(base, official);
  return new Response(answer.status === 204 ? null : text, { status: answer.status, headers: answer.headers });
};

// The video models of the AI SDK: a start and a status, or all in one.
async function sdk(model, job, { plain = (url) => url } = {}) {
  const options = { n: 1, providerOptions: {}, ...job.options };
  if (options.image) options.image.data = Uint8Array.from(Buffer.from(options.image.data, "base64"));
  if (!model.doStart) {
    const made = await model.doGenerate(options);
    const metadata = Object.values(made.providerMetadata)[0];
    return told(metadata.taskId, "completed", plain(made.videos[0].url));
  }
  const { operation } = await model.doStart(options);
  const ended = await until(() => model.doStatus({ operation }), (answer) => answer.status !== "pending");
  if (ended.status !== "completed") throw new Error(JSON.stringify(ended));
  const named = operation.taskId ?? operation.operationName ?? operation.getUrl ?? operation.responseUrl;
  const bytes = ended.videos[0];
  if (bytes.type === "base64") {
    const video = Buffer.from(bytes.data, "base64");
    const sha256 = createHash("sha256").update(video).digest("hex");
    return { task_id: named.split("/").at(-1), status: ended.status, bytes: video.length, sha256 };
  }
  return told(named.split("/").at(-1), ended.status, plain(bytes.url));
}

const CLIENTS = {
  async minimax({ base, key }) {
    const { createMiniMax } = await import("@ai-sdk/minimax");
    const made = createMiniMax({ apiKey: key, videoBaseURL: base });
    return (job) => sdk(made.videoModel(job.model), job);
  },
  async hailuo({ base, key }) {
    const { MiniMaxAPI } = await import("minimax-mcp-js/build/utils/api.js");
    const { VideoAPI } = await import("minimax-mcp-js/build/api/video.js");
    const client = new VideoAPI(new MiniMaxAPI({ apiKey: key, apiHost: base, resourceMode: "url" }));
    return async (job) => {
      const { task_id: taskId } = await client.generateVideo({ ...job.options, asyncMode: true });
      const ended = await until(
        () => client.queryVideoGeneration({ taskId }),
        ({ status }) => ["Success", "Fail"].includes(status),
      );
      return told(taskId, ended.status, ended.video_url);
    };
  },
  async alibaba({ base, key }) {
    const { createAlibaba } = await import("@ai-sdk/alibaba");
    const made = createAlibaba({ apiKey: key, videoBaseURL: base });
    return (job) => sdk(made.videoModel(job.model), job);
  },
  async bytedance({ base, key }) {
    const { createByteDance } = await import("@ai-sdk/bytedance");
    const made = createByteDance({ apiKey: key, baseURL: `${base}/api/v3` });
    return (job) => sdk(made.videoModel(job.model), job);
  },
  async replicate({ base, key }) {
    const { createReplicate } = await import("@ai-sdk/replicate");
    const official = "https://api.replicate.com";
    const made = createReplicate({ apiToken: key, baseURL: `${official}/v1`, fetch: disguised(base, official) });
    return (job) => sdk(made.videoModel(job.model), job, { plain: (url) => url.replace(official, base) });
  },
  async google({ base, key }) {
    const { createGoogle } = await import("@ai-sdk/google");
    const made = createGoogle({ apiKey: key, baseURL: `${base}/v1beta` });
    return (job) => sdk(made.videoModel(job.model), job);
  },
  async vertex({ base, key }) {
    const { createVertex } = await import("@ai-sdk/google-vertex");
    const home = `${base}/v1/projects/P/locations/us-central1/publishers/google`;
    const made = createVertex({
      project: "P", location: "us-central1", baseURL: home, headers: { authorization: `Bearer ${key}` },
      googleAuthOptions: { authClient: { getAccessToken: async () => ({ token: key }) } },
    });
    return (job) => sdk(made.videoModel(job.model), job);
  },
  async fal({ base, key }) {
    const { createFal } = await import("@ai-sdk/fal");
    const official = "https://queue.fal.run";
    const made = createFal({ apiKey: key, fetch: disguised(base, official) });
    return (job) => sdk(made.videoModel(job.model), job, { plain: (url) => url.replace(official, base) });
  },
  async falclient({ base, key }) {
    const { createFalClient } = await import("@fal-ai/client");
    const rewritten = (url, options) => fetch(String(url).replace("https://queue.fal.run", base), options);
    const client = createFalClient({ credentials: key, fetch: rewritten });
    return async (job) => {
      const { request_id: requestId } = await client.queue.submit(job.model, { input: job.input });
      await until(() => client.queue.status(job.model, { requestId }), (answer) => answer.status === "COMPLETED");
      const { data } = await client.queue.result(job.model, { requestId });
      return told(requestId, "completed", data.video.url);
    };
  },
  async kling({ base, key }) {
    const { KlingAPI } = await import("kling-api");
    const client = new KlingAPI({ accessKey: key.replace("sk-", "ak-"), secretKey: key });
    client.client.defaults.baseURL = base; // it takes none that is not https
    return async (job) => {
      const ways = { text: ["textToVideo", "queryTextToVideoTask"], image: ["imageToVideo", "queryImageToVideoTask"] };
      const [start, query] = ways[job.kind];
      const begun = await client[start](job.params);
      const id = begun.data.task_id;
      const ended = await until(() => client[query](id), ({ data }) => ["succeed", "failed"].includes(data.task_status));
      return told(id, ended.data.task_status, ended.data.task_result.videos[0].url);
    };
  },
};

let text = "";
for await (const chunk of process.stdin) text += chunk;
const asked = JSON.parse(text);
const facts = [];
for (const job of asked.jobs) {
  const run = await CLIENTS[job.client]({ base: asked.base_url, key: asked.key });
  facts.push(await run(job));
}
process.stdout.write(`\n${JSON.stringify(facts)}\n`);
