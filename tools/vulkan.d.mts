export function findVulkan(): Promise<{ driver?: string; why?: string }>;
