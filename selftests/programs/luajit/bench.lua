-- SPDX-License-Identifier: GPL-2.0
-- Objects, strings, arrays, traces that are compiled and thrown away, and callbacks:
-- all that LuaJIT has memory of its own for. Prints what must be the same everywhere.

local function tree(depth)
	return depth == 0 and {} or { tree(depth - 1), tree(depth - 1) }
end

local function count(t)
	return t[1] and 1 + count(t[1]) + count(t[2]) or 1
end

for depth = 4, 14, 2 do
	local sum = 0
	for _ = 1, 2 ^ (14 - depth) do
		sum = sum + count(tree(depth))
	end
	print("trees", depth, sum)
end

local strings, bytes = {}, 0
for i = 1, 20000 do
	strings[i % 1000] = ("%x,"):format(i):rep(i % 50)
	bytes = bytes + #strings[i % 1000]
end
print("strings", bytes)

local flags, primes = {}, 0
for i = 2, 400000 do
	flags[i] = true
end
for i = 2, 400000 do
	if flags[i] then
		primes = primes + 1
		for j = i * 2, 400000, i do
			flags[j] = false
		end
	end
end
print("primes", primes)

local sum = 0
for i = 1, 300 do
	local f = loadstring("local s = 0 for i = 1, 200 do s = s + i % " .. i .. " end return s")
	sum = sum + f()
	if i % 50 == 0 then
		jit.flush()
	end
end
print("traces", sum, jit.status())

local ffi = require("ffi")
ffi.cdef("void qsort(void *, size_t, size_t, int (*)(const int *, const int *))")
local numbers = ffi.new("int[1000]")
for i = 0, 999 do
	numbers[i] = i * 7919 % 1009
end
local compare = ffi.cast("int (*)(const int *, const int *)", function(a, b)
	return a[0] - b[0]
end)
ffi.C.qsort(numbers, 1000, 4, compare)
print("callbacks", numbers[0], numbers[500], numbers[999])
